"""What became of each gift: every gram is told once, in the order it came, whatever the history."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from backend.giving.kinds import MovementKind
from backend.giving.trail import Given, Spent, Trail, refunds_due, trails_of

DONORS = ("Ann", "Bo", "Cai", "Dee")
GRAMS = st.integers(min_value=1, max_value=1_000)
SPENDING = (MovementKind.RETIREMENT, MovementKind.GRANT)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Given], list[Spent], bool]:
    """Gifts and exits of a pocket as the contract lets them happen; then, if it failed, some refunds in some order."""
    gifts, exits, held, block = list[Given](), list[Spent](), 0, 0
    for _ in range(draw(st.integers(min_value=1, max_value=12))):
        block += 1
        if held and draw(st.booleans()):
            amount = draw(st.integers(min_value=1, max_value=held))
            exits.append(Spent((block, 0), draw(st.sampled_from(SPENDING)), amount))
            held -= amount
        else:
            gifts.append(Given((block, 0), draw(st.sampled_from(DONORS)), draw(GRAMS)))
            held += gifts[-1].amount_gco2e
    failed = draw(st.booleans())
    if failed:
        given, answered = defaultdict[str, int](int), 0
        for gift in gifts:
            given[gift.donor] += gift.amount_gco2e
        donated = sum(given.values())
        asking = draw(st.permutations(sorted(given)))
        for donor in asking[: draw(st.integers(min_value=0, max_value=len(asking)))]:
            block += 1
            amount = (answered + given[donor]) * held // donated - answered * held // donated
            exits.append(Spent((block, 0), MovementKind.REFUND, amount, donor))
            answered += given[donor]
    return gifts, exits, failed


def taken_by(trails: list[Trail], spent: Spent) -> int:
    return sum(part.amount_gco2e for trail in trails for part in trail.parts if part.place == spent.place)


@given(histories())
def test_trails__of_any_history__sum_to_the_gifts_and_to_what_left(
    history: tuple[list[Given], list[Spent], bool],
) -> None:
    gifts, exits, failed = history
    trails = trails_of(gifts, exits, failed=failed)

    assert [trail.gift for trail in trails] == gifts
    for trail in trails:
        assert sum(part.amount_gco2e for part in trail.parts) == trail.gift.amount_gco2e
        assert all(part.amount_gco2e > 0 for part in trail.parts)
    for one in exits:
        assert taken_by(trails, one) == one.amount_gco2e


@given(histories())
def test_trails__spending__takes_the_oldest_grams_first(history: tuple[list[Given], list[Spent], bool]) -> None:
    gifts, exits, failed = history
    trails = trails_of(gifts, exits, failed=failed)
    spent = [part.place for trail in trails for part in trail.parts if part.kind in SPENDING and part.place is not None]

    assert spent == sorted(spent)
    if not failed:
        held = [any(part.kind is None for part in trail.parts) for trail in trails]
        assert held == sorted(held), "no gift is held before one that is still to be spent"


@given(histories())
def test_trails__of_a_failed_campaign__give_each_donor_its_refund(
    history: tuple[list[Given], list[Spent], bool],
) -> None:
    gifts, exits, failed = history
    if not failed:
        return
    back = defaultdict[str, int](int)
    for trail in trails_of(gifts, exits, failed=True):
        back[trail.gift.donor] += sum(
            part.amount_gco2e for part in trail.parts if part.kind in {MovementKind.REFUND, None}
        )
    refunds = [one for one in exits if one.kind == MovementKind.REFUND]
    spent = sum(one.amount_gco2e for one in exits if one.kind in SPENDING)

    due = refunds_due(gifts, refunds, spent)
    assert {donor: grams for donor, grams in back.items() if grams} == {d: grams for d, grams in due.items() if grams}
    assert all(back[one.donor or ""] == one.amount_gco2e for one in refunds)
    assert sum(due.values()) == sum(gift.amount_gco2e for gift in gifts) - spent


def test_trails__an_example__is_told_gram_by_gram() -> None:
    gifts = [Given((1, 0), "Ann", 100), Given((2, 0), "Bo", 50)]
    exits = [Spent((3, 0), MovementKind.RETIREMENT, 30), Spent((4, 0), MovementKind.GRANT, 90)]

    told = [
        [(part.kind, part.place, part.amount_gco2e) for part in trail.parts]
        for trail in trails_of(gifts, exits, failed=False)
    ]

    assert told == [
        [(MovementKind.RETIREMENT, (3, 0), 30), (MovementKind.GRANT, (4, 0), 70)],
        [(MovementKind.GRANT, (4, 0), 20), (None, None, 30)],
    ]
