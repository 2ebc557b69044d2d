"""A statement worked out again from its document: what was closed comes out, what was changed does not."""

import copy
import itertools
import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import SQLModel

from backend.footprint.factor_content import FactorSetMalformed
from backend.footprint.factors import catalogue
from backend.footprint.freeze import frozen_for
from backend.kernel.digest import canonical_json, to_hex
from backend.ledger.accrual import Elsewhere, Membership
from backend.ledger.closing import close
from backend.ledger.document import verify
from backend.ledger.policy import PolicyMalformed, shipped_policies
from backend.ledger.recompute import Discrepancy, discrepancies
from backend.ledger.sources import Sources, factors_from, policy_from
from backend.ledger.statement import year_of
from backend.storage.database import Database
from tests.unit.ledger.papers import Values, codes, fields, said
from tests.unit.ledger.people import AT, play_sample_year, some_books
from tests.unit.ledger.years import CALIFORNIA, FROZEN_2025, ZONES, home, power

SHIPPED = Sources()


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Values]:
    """Every document of the sample year: children, joiners, shared homes, flyers, a vehicle."""
    database = Database.at(tmp_path_factory.mktemp("year") / "tanyu.db")
    SQLModel.metadata.create_all(database.writer)
    books = some_books()
    with database.write() as session:
        people = play_sample_year(session, books)
        found = {
            key: dict(verify(close(session, books, person_id=one.person_id, vintage=2025, at=AT).document).values)
            for key, one in people.items()
        }
    database.close()
    return found


def test_recomputed__every_household_of_the_sample_year__says_what_the_rules_give(year: dict[str, Values]) -> None:
    assert len(year) > 20
    assert {key: discrepancies(values, SHIPPED) for key, values in year.items()} == {
        key: list[Discrepancy]() for key in year
    }


def test_recomputed__a_child__says_through_which_day_it_is_one(year: dict[str, Values]) -> None:
    children = [values for values in year.values() if "minorThrough" in values]
    assert children
    for values in children:
        assert values["minorThrough"] == values["lastDay"], "none of them comes of age in 2025"
        earlier = discrepancies(values | {"minorThrough": "2025-11-15"}, SHIPPED)
        assert "month.electricity.2025-12.budgetGco2e" in fields(earlier)


GIVEN = {"account", "version", "nullifier"}
"""What nothing follows from: only the digest and the verifier's attestation hold it."""
SPAN = {"fromUnix", "toUnix"}
"""Of a shared activity: the part that it gives may be any up to the time it falls on."""


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Ways to every plain value in a value."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield from leaves(held, (*path, key))
    elif isinstance(value, list):
        for at, held in enumerate(value):
            yield from leaves(held, (*path, at))
    else:
        yield path


def other(value: Any) -> Any:
    """The same sort of value, as little different as it goes: a gram, a second, a day, a letter; a tenth of a part."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value.isdigit():
        return str(int(value) + 1)
    if "/" in value and value.replace("/", "").isdigit():
        return str(Fraction(value) * Fraction(9, 10))
    try:
        return (date.fromisoformat(value) - timedelta(days=1)).isoformat()
    except ValueError:
        return value[:-1] + ("0" if value[-1] != "0" else "1")


def changed(values: Values, path: tuple[Any, ...]) -> Values:
    made = copy.deepcopy(values)
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = other(place[path[-1]])
    return made


@pytest.mark.parametrize(("key", "every"), [("coastal-2", 3), ("leshan-family-3", 43)])
def test_changed__any_value_by_the_least_there_is__is_found(year: dict[str, Values], key: str, every: int) -> None:
    values = year[key]
    nothing = {
        (name, "part") for name, line in values.items() if isinstance(line, dict) and line.get("quantity") == "0"
    }
    ways = [path for path in leaves(values) if path[0] not in GIVEN and path[-1] not in SPAN][::every]
    ways = [path for path in ways if path not in nothing]
    assert len(ways) > 20
    assert [path for path in ways if not discrepancies(changed(values, path), SHIPPED)] == []


def test_changed__a_line_a_gram_less__is_named_with_both_numbers(year: dict[str, Values]) -> None:
    values = copy.deepcopy(year["coastal-1"])
    grams = int(values["line.0003"]["gco2e"])
    values["line.0003"]["gco2e"] = str(grams - 1)

    (found,) = discrepancies(values, SHIPPED)

    assert found == Discrepancy("line.miscomputed", "line.0003.gco2e", str(grams - 1), str(grams))
    assert found.sentence == f"line.0003.gco2e says {grams - 1}, worked out again {grams}"


def test_changed__totals_fitted_to_a_lowered_line__still_betray_the_line(year: dict[str, Values]) -> None:
    """A forger who lowers a quantity and every sum with it is consistent; one who lowers only grams is not."""
    values = copy.deepcopy(year["coastal-1"])
    line = values["line.0003"]
    for place, name in (
        (line, "gco2e"),
        (values[f"month.electricity.{line['month']}"], "reportedGco2e"),
        (values[f"month.electricity.{line['month']}"], "footprintGco2e"),
        (values["category.electricity"], "footprintGco2e"),
        (values, "footprintGco2e"),
    ):
        place[name] = str(int(place[name]) - 1_000)
    assert "line.0003.gco2e" in fields(discrepancies(values, SHIPPED))


@pytest.mark.parametrize("at", [0, 5, 11])
def test_removed__a_line__is_found_in_its_month(year: dict[str, Values], at: int) -> None:
    values = {name: value for name, value in year["coastal-1"].items() if name != f"line.{at:04d}"}
    found = discrepancies(values, SHIPPED)
    assert {"month.cover_unproven", "month.miscomputed", "total.miscomputed"} <= codes(found)
    assert f"month.electricity.2025-{at + 1:02d}.coveredSeconds" in fields(found)


def test_removed_or_added__any_other_field__is_found(year: dict[str, Values]) -> None:
    whole = year["coastal-1"]
    for name in whole:
        if not name.startswith("line."):
            assert discrepancies({key: value for key, value in whole.items() if key != name}, SHIPPED), name
    found = discrepancies(whole | {"bonusGco2e": "1"}, SHIPPED)
    assert [(one.code, one.field) for one in found] == [("field.unexpected", "bonusGco2e")]
    missing = {key: value for key, value in whole.items() if key != "marginGco2e"}
    assert codes(discrepancies(missing, SHIPPED)) == {"field.missing"}


def test_lines_in_another_order__are_found(year: dict[str, Values]) -> None:
    values = dict(year["coastal-1"])
    values["line.0000"], values["line.0001"] = values["line.0001"], values["line.0000"]
    assert codes(discrepancies(values, SHIPPED)) == {"line.out_of_order"}


def test_line__more_than_its_whole__is_found(year: dict[str, Values]) -> None:
    values = copy.deepcopy(year["coastal-1"])
    values["line.0000"]["part"] = "2/1"
    assert "line.part_too_large" in codes(discrepancies(values, SHIPPED))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "perpetuum_mobile"}, "line.malformed"),
        ({"place": "ATLANTIS"}, "line.malformed"),
        ({"quantity": "1e9"}, "line.malformed"),
        ({"part": "1/0"}, "line.malformed"),
        ({"part": "0/1"}, "line.malformed"),
        ({"part": "-1/2"}, "line.malformed"),
        ({"month": "2024-01"}, "line.malformed"),
        ({"month": "2025-13"}, "line.malformed"),
        ({"fromUnix": "yesterday"}, "line.malformed"),
        ({"grade": "A"}, "line.malformed"),
    ],
)
def test_line__that_cannot_be_computed__is_named(year: dict[str, Values], changes: Values, code: str) -> None:
    values = copy.deepcopy(year["coastal-1"])
    values["line.0004"] |= changes
    assert [(one.code, one.field) for one in discrepancies(values, SHIPPED)] == [(code, "line.0004")]


@pytest.mark.parametrize("junk", [None, 1, "x", [], {}, {"a": None}])
def test_document_of_junk__is_malformed_and_no_crash(year: dict[str, Values], junk: Any) -> None:
    for name in ("firstDay", "policyDigest", "carriedInGco2e", "line.0000", "month.electricity.2025-03", "class"):
        assert discrepancies(year["coastal-1"] | {name: junk}, SHIPPED)


def test_mover__elsewhere_is_part_of_what_decides_its_budget() -> None:
    stay = Elsewhere(date(2025, 1, 1), date(2025, 3, 31), shipped_policies().policy("cn-sc-home-travel-2025"))
    member = Membership(2025, date(2025, 1, 1), date(2025, 12, 31), date(2008, 2, 29), (stay,))
    made = year_of(
        policy=CALIFORNIA,
        member=member,
        zone=ZONES["US-CA"],
        factors=FROZEN_2025,
        readings=power(dict.fromkeys(range(1, 13), "60")),
        homes=[home()],
    )
    values = said(FROZEN_2025, made, carried_in_gco2e=7)
    sources = Sources(factors=[FROZEN_2025])

    assert discrepancies(values, sources) == []
    assert discrepancies({name: held for name, held in values.items() if name != "elsewhere"}, sources)
    assert discrepancies(values | {"carriedInGco2e": "10000"}, sources)


@given(
    kwh=st.lists(st.integers(0, 400), min_size=12, max_size=12),
    carried=st.integers(0, 30_000),
    people=st.integers(1, 5),
)
def test_recomputed__any_year_at_home__comes_out(kwh: list[int], carried: int, people: int) -> None:
    monthly = {month: str(used) for month, used in zip(itertools.count(1), kwh, strict=False)}
    made = year_of(
        policy=CALIFORNIA,
        member=Membership(2025, date(2025, 1, 1), date(2025, 12, 31), None),
        zone=ZONES["US-CA"],
        factors=FROZEN_2025,
        readings=power(monthly, people=people),
        homes=[home()],
    )
    values = said(FROZEN_2025, made, carried_in_gco2e=carried)
    assert discrepancies(values, Sources(factors=[FROZEN_2025])) == []


class TestSources:
    def test_factor_set__from_its_published_bytes__is_the_same_set(self) -> None:
        for published in (frozen_for(2025), catalogue()):
            read = factors_from(canonical_json(published.content()).decode())
            assert read.digest == published.digest
            assert read == published or read.content() == published.content()

    def test_policy__from_toml_or_json__has_the_digest(self) -> None:
        assert policy_from(json.dumps(dict(CALIFORNIA.source))).digest == CALIFORNIA.digest

    def test_unknown_digest__is_said(self, year: dict[str, Values]) -> None:
        elsewhere = "0x" + "07" * 32
        assert codes(discrepancies(year["coastal-1"] | {"policyDigest": elsewhere}, SHIPPED)) == {"policy.unknown"}
        found = discrepancies(year["coastal-1"] | {"factorsDigest": elsewhere}, SHIPPED)
        assert codes(found) == {"footprint.factor_set_unknown"}

    def test_policy_of_ones_own__given_as_a_file__is_used(self, year: dict[str, Values]) -> None:
        source: Mapping[str, Any] = {**CALIFORNIA.source, "title": "another", "id": "another"}
        own = policy_from(json.dumps(source))
        values = year["coastal-1"] | {"policyDigest": to_hex(own.digest)}
        found = discrepancies(values, Sources(policies=[own]))
        assert [(one.code, one.field) for one in found] == [("total.miscomputed", "policy")]

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"factors": [{}], "ladder": []}', "[" * 100_000])
    def test_factor_file_of_junk__is_refused(self, text: str) -> None:
        with pytest.raises(FactorSetMalformed) as refused:
            factors_from(text)
        assert refused.value.code == "footprint.factor_set_malformed"

    def test_factor_file_with_a_value_changed__has_another_digest(self) -> None:
        content: Any = json.loads(canonical_json(FROZEN_2025.content()))
        content["factors"][0]["value"] = "0.001"
        assert factors_from(json.dumps(content)).digest != FROZEN_2025.digest

    @pytest.mark.parametrize("text", ["[]", "{}", "not toml"])
    def test_policy_file_of_junk__is_refused(self, text: str) -> None:
        with pytest.raises(PolicyMalformed):
            policy_from(text)
