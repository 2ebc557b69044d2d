"""Whatever changed between two versions of a year, the causes add up to the difference, to the gram."""

from hypothesis import given
from hypothesis import strategies as st

from backend.ledger.change import Cause, difference_of
from backend.ledger.content import Account, content_of
from backend.ledger.coverage import Reading
from backend.ledger.netting import plan_of
from tests.property.test_ledger_statements import truthful_years
from tests.unit.ledger.years import sichuanese

ACCOUNT = Account("0x" + "11" * 20, b"n" * 32, 1)


def content(readings: list[Reading]) -> dict[str, object]:
    year = sichuanese(readings)
    return dict(content_of(ACCOUNT, year, plan_of(year, carried_in_gco2e=0, deficits=[]), "0x"))


@given(truthful_years(), truthful_years(), st.data())
def test_causes__of_any_two_versions__add_up(one: list[Reading], two: list[Reading], data: st.DataObject) -> None:
    picked = data.draw(st.lists(st.sampled_from([0, 1, 2]), min_size=len(one), max_size=len(one)))
    mixed = [(one[at], two[at])[choice] for at, choice in enumerate(picked) if choice < 2]
    before, after = content(one), content(mixed)

    found = difference_of(before, after)

    told = sum(change.delta_gco2e for change in found.changes if change.cause is not Cause.BUDGET)
    assert told == int(str(after["footprintGco2e"])) - int(str(before["footprintGco2e"]))


@given(truthful_years())
def test_same_version_twice__has_no_cause(year: list[Reading]) -> None:
    assert difference_of(content(year), content(year)).changes == ()
