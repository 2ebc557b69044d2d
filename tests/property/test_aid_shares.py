"""Giving out aid: whole steps, within the pot, to nobody more than it needs, and never by the size of a need."""

from hypothesis import given
from hypothesis import strategies as st

from backend.giving.aid import (
    GRANTS_AT_ONCE,
    AidRule,
    Need,
    awards_of,
    batches_of,
    essential_gco2e,
    leaf_of,
    seed_of,
    topic_of,
    turns_of,
)
from backend.kernel.digest import sha256

STEP = 100
NEEDS = st.lists(st.integers(min_value=0, max_value=2_000), max_size=12).map(
    lambda amounts: [Need(sha256(b"%d" % at), amount) for at, amount in enumerate(amounts)]
)
POTS = st.integers(min_value=0, max_value=20_000)
SEEDS = st.binary(min_size=32, max_size=32)


@given(st.sampled_from(AidRule), NEEDS, POTS, SEEDS)
def test_awards__of_any_rule__are_whole_steps_within_need_and_pot(
    rule: AidRule, needs: list[Need], pot: int, seed: bytes
) -> None:
    awards = awards_of(rule, needs, seed=seed, pot_gco2e=pot, step_gco2e=STEP)
    most = {need.leaf: need.need_gco2e // STEP * STEP for need in needs}

    assert all(0 < amount <= most[leaf] and amount % STEP == 0 for leaf, amount in awards.items())
    assert sum(awards.values()) == min(pot // STEP * STEP, sum(most.values())), "nothing is held back"


@given(NEEDS, POTS, SEEDS)
def test_equal__nobody_has_a_step_more_than_another_who_needs_it(needs: list[Need], pot: int, seed: bytes) -> None:
    awards = awards_of(AidRule.EQUAL, needs, seed=seed, pot_gco2e=pot, step_gco2e=STEP)

    largest = max(awards.values(), default=0)
    for need in needs:
        has_all = awards.get(need.leaf, 0) == need.need_gco2e // STEP * STEP
        assert has_all or awards.get(need.leaf, 0) >= largest - STEP


@given(NEEDS, POTS, SEEDS)
def test_lottery__everybody_before_the_last_served__has_all_it_needs(needs: list[Need], pot: int, seed: bytes) -> None:
    awards = awards_of(AidRule.LOTTERY, needs, seed=seed, pot_gco2e=pot, step_gco2e=STEP)
    turns = [need for need in turns_of(seed, needs) if need.need_gco2e >= STEP]
    served = [awards.get(need.leaf, 0) == need.need_gco2e // STEP * STEP for need in turns]

    assert served == sorted(served, reverse=True)


@given(NEEDS, SEEDS, st.integers(min_value=1, max_value=50))
def test_turns__do_not_depend_on_what_anybody_needs(needs: list[Need], seed: bytes, factor: int) -> None:
    other = [Need(need.leaf, need.need_gco2e * factor) for need in reversed(needs)]

    assert [one.leaf for one in turns_of(seed, needs)] == [one.leaf for one in turns_of(seed, other)]


@given(st.integers(min_value=0, max_value=500))
def test_batches__hold_everybody_once_and_nobody_alone(count: int) -> None:
    parts = [list(range(count))[part] for part in batches_of(count)]

    assert [one for part in parts for one in part] == list(range(count))
    assert all(len(part) <= GRANTS_AT_ONCE for part in parts)
    assert max(map(len, parts), default=0) - min(map(len, parts), default=0) <= 1


def test_seed_leaf_and_topic__are_of_their_parts_and_never_change() -> None:
    leaf = leaf_of(salt=b"s" * 32, round_id=7, reference=b"r" * 32, need_gco2e=500)

    assert leaf.hex() == "01f9857c0aa4f210b8daf5c5ea2588f7fea9b16114e28ed9bc07d3eaa9f4e1c4"
    assert seed_of(b"r" * 32, b"b" * 32).hex() == "0b0d4af3586e2d3eed13150e2b2987c20ca24e32b7ad7e8382bc2ac91f5632be"
    assert (
        topic_of(31337, "0x" + "c" * 40, 7).hex() == "f1f097ad3193c242a9e036a2b7b1a5bfe35f423242d60cc51291c07998b56d11"
    )


def test_essential__what_is_saved_elsewhere__does_not_count_against_it() -> None:
    def part(budget: int, footprint: int) -> dict[str, str]:
        return {"budgetGco2e": str(budget), "footprintGco2e": str(footprint)}

    values = {
        "category.electricity": part(100, 160),
        "category.heating": part(50, 30),
        "category.travel": part(10, 900),
        "month.electricity.2025-01": part(0, 999),
    }

    assert essential_gco2e(values) == 60
    assert essential_gco2e({}) == 0
