"""A statement worked out again from its document: what was closed comes out, what was changed does not."""

import copy
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import SQLModel

from backend.footprint.activity import Activity
from backend.footprint.factor_content import FactorSetMalformed
from backend.footprint.factors import FactorSet, catalogue
from backend.footprint.freeze import frozen_for
from backend.footprint.kind import Category, Grade, kind_of
from backend.footprint.span import Span, days_span
from backend.kernel.digest import canonical_json, to_hex
from backend.ledger.accrual import Elsewhere, Membership
from backend.ledger.closing import close
from backend.ledger.content import Account, Memo, content_of
from backend.ledger.coverage import Home, Reading
from backend.ledger.document import verify
from backend.ledger.netting import plan_of
from backend.ledger.persona import shipped_personas
from backend.ledger.persona_year import play
from backend.ledger.policy import PolicyMalformed, PolicyUnknown, shipped_policies
from backend.ledger.recompute import Discrepancy, discrepancies
from backend.ledger.sources import Sources, factors_from, policy_from
from backend.ledger.statement import Year, year_of
from backend.storage.database import Database
from tests.unit.ledger.people import AT, play_sample_year, some_books
from tests.unit.ledger.years import CALIFORNIA, FROZEN_2025, ZONES, home, power

Values = dict[str, Any]
SHIPPED = Sources()
PERSONAS = shipped_personas()
GUARDED = shipped_policies().policy("us-ca-home-electricity-2026")
FROZEN_2026 = frozen_for(2026)
TAKEN = Sources(factors=[FROZEN_2026])
WHOLE_2026 = Membership(2026, date(2026, 1, 1), date(2026, 12, 31), None)


def span(first: str, last: str) -> Span:
    """Days of California."""
    return days_span(date.fromisoformat(first), date.fromisoformat(last), ZONES["US-CA"])


WHOLE_SPAN = span("2026-01-01", "2026-12-31")


def lit(first: str, last: str, kwh: str) -> Reading:
    """A utility's reading of the home's one meter, unshared."""
    activity = Activity(
        kind_of("grid_electricity"), Decimal(kwh), span(first, last), "US-CAMX", Grade.M, "", f"{kwh} kWh", None
    )
    return Reading(activity, "m", ((WHOLE_SPAN, 1),))


def said(
    year: Year, *, carried_in_gco2e: int = 0, factors: FactorSet = FROZEN_2026, memos: Sequence[Memo] = ()
) -> Values:
    """A year's document as it is read back."""
    account = Account("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", b"\x01" * 32, 1)
    plan = plan_of(year, carried_in_gco2e=carried_in_gco2e, deficits=[])
    content = content_of(account, year, plan, to_hex(factors.digest), memos)
    values: Values = json.loads(canonical_json(content))
    return values


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


def codes(found: list[Discrepancy]) -> set[str]:
    return {one.code for one in found}


def fields(found: list[Discrepancy]) -> set[str]:
    return {one.field for one in found}


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
    values = said(made, carried_in_gco2e=7, factors=FROZEN_2025)
    sources = Sources(factors=[FROZEN_2025])

    assert discrepancies(values, sources) == []
    assert discrepancies({name: held for name, held in values.items() if name != "elsewhere"}, sources)
    assert discrepancies(values | {"carriedInGco2e": "10000"}, sources)


@pytest.mark.parametrize("persona_id", PERSONAS)
@pytest.mark.parametrize("vintage", [2025, 2026])
def test_recomputed__every_persona_under_every_policy__comes_out(persona_id: str, vintage: int) -> None:
    """Under its own region's policy of each year: with guards and without, alone, born in the year, moved."""
    try:
        played = play(PERSONAS[persona_id], shipped_policies(), vintage=vintage)
    except PolicyUnknown:
        pytest.skip(f"no policy of {vintage} governs where it lives")
    values = said(played.year, carried_in_gco2e=1_234, factors=frozen_for(vintage))
    assert discrepancies(values, SHIPPED) == []


class TestGuarded:
    """Documents of years that guards bear on: what they add must be there, and must come out."""

    def year(self, *, member: Membership = WHOLE_2026, readings: list[Reading] | None = None, **more: Any) -> Year:
        shown = [lit("2026-01-01", "2026-12-31", "600")] if readings is None else readings
        return year_of(
            policy=GUARDED,
            member=member,
            zone=ZONES["US-CA"],
            factors=FROZEN_2026,
            readings=shown,
            homes=[Home((WHOLE_SPAN,), {Category.ELECTRICITY: frozenset({"m"})})],
            **more,
        )

    def test_plain__comes_out_and_says_that_nothing_withholds(self) -> None:
        values = said(self.year())
        assert discrepancies(values, TAKEN) == []
        assert (values["withheldBecause"], values["gapSeconds"]) == (None, 0)

    def test_least__is_said_as_a_part_and_checked_to_the_gram(self) -> None:
        one = lit("2026-01-01", "2026-12-31", "600")
        halves = replace(one, shares=((WHOLE_SPAN, 2),), least=((WHOLE_SPAN, Fraction(4, 3)),))
        values = said(self.year(readings=[halves]))
        line = values["line.0003"]
        assert Fraction(line["leastPart"]) == Fraction(line["part"]) * Fraction(3, 2)
        assert discrepancies(values, TAKEN) == []
        lighter = copy.deepcopy(values)
        lighter["line.0003"] |= {"leastGco2e": str(int(line["leastGco2e"]) - 1)}
        assert fields(discrepancies(lighter, TAKEN)) == {"line.0003.leastGco2e"}
        lighter["line.0003"] = {name: held for name, held in line.items() if not name.startswith("least")}
        assert "boundGco2e" in fields(discrepancies(lighter, TAKEN))

    def test_shared_for_a_part_of_its_time__a_line_may_be_more_than_its_month(self) -> None:
        half = span("2026-01-01", "2026-06-30")
        one = replace(lit("2026-01-01", "2026-12-31", "600"), shares=((half, 1),), shared=(half,))
        values = said(self.year(readings=[one]))
        assert discrepancies(values, TAKEN) == []
        values["line.0000"]["part"] = "11/10"
        assert "line.part_too_large" in codes(discrepancies(values, TAKEN))

    def test_gap__withholds_and_is_counted(self) -> None:
        values = said(self.year(readings=[lit("2026-01-01", "2026-12-30", "600")]))
        assert (values["withheldBecause"], values["gapSeconds"], values["surplusGco2e"]) == ("gap", 24 * 3600, "0")
        assert discrepancies(values, TAKEN) == []
        minted = discrepancies(values | {"withheldBecause": None, "gapSeconds": 0}, TAKEN)
        assert fields(minted) == {"gapSeconds", "withheldBecause"}

    def test_held__is_taken_as_attested(self) -> None:
        values = said(self.year(is_held=True))
        assert (values["withheldBecause"], values["surplusGco2e"]) == ("held", "0")
        assert discrepancies(values, TAKEN) == []

    @pytest.mark.parametrize(
        ("member", "word", "withheld"),
        [
            (Membership(2026, date(2026, 4, 1), date(2026, 12, 31), date(2026, 4, 1)), "fromBirth", None),
            (Membership(2026, date(2026, 1, 1), date(2026, 9, 30), None, died=True), "untilDeath", None),
            (Membership(2026, date(2026, 4, 1), date(2026, 12, 31), date(2001, 4, 1)), None, "cut"),
        ],
    )
    def test_part_of_a_year__is_whole_only_by_birth_or_death(
        self, member: Membership, word: str | None, withheld: str | None
    ) -> None:
        values = said(self.year(member=member))
        assert values["withheldBecause"] == withheld
        assert {name for name in ("fromBirth", "untilDeath") if name in values} == ({word} if word else set())
        assert discrepancies(values, TAKEN) == []
        if word is not None:
            without = {name: held for name, held in values.items() if name != word}
            assert "withheldBecause" in fields(discrepancies(without, TAKEN))

    def test_mover_between_two_clocks__the_time_between_is_no_gap(self) -> None:
        stay = Elsewhere(date(2026, 1, 1), date(2026, 5, 31), shipped_policies().governing("GB", 2026))
        left, entered = days_span(stay.last, stay.last, ZONES["GB"]).end_s, span("2026-06-01", "2026-12-31").start_s
        moving = Span(left, entered)
        readings = [
            replace(lit("2026-01-01", "2026-12-31", "300"), activity=part)
            for part in (
                replace(lit("2026-01-01", "2026-05-31", "300").activity, span=Span(WHOLE_SPAN.start_s, left)),
                lit("2026-06-01", "2026-12-31", "300").activity,
            )
        ]
        values = said(self.year(member=replace(WHOLE_2026, elsewhere=(stay,)), readings=readings, moving=[moving]))
        assert moving.seconds > 0
        assert (values["withheldBecause"], values["gapSeconds"]) == (None, 0)
        assert (
            values["month.electricity.2026-05"]["coveredSeconds"] < values["month.electricity.2026-05"]["wholeSeconds"]
        )
        assert discrepancies(values, TAKEN) == []

    def test_memo__is_told_and_decides_nothing(self) -> None:
        values = said(self.year(), memos=[Memo(2025, 70, "a meter read twice")])
        assert values["memo.0000"] == {"vintage": 2025, "amountGco2e": "70", "reason": "a meter read twice"}
        assert discrepancies(values, TAKEN) == []
        assert discrepancies(values | {"memo.0000": {"vintage": 2025}}, TAKEN)


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
    values = said(made, carried_in_gco2e=carried, factors=FROZEN_2025)
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
