"""Documents of the guarded policies, and of every persona, worked out again."""

import copy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from backend.footprint.activity import Activity
from backend.footprint.freeze import frozen_for
from backend.footprint.kind import Category, Grade, kind_of
from backend.footprint.place import place_of
from backend.footprint.span import Span, days_span
from backend.ledger.accrual import Elsewhere, Membership
from backend.ledger.content import Memo
from backend.ledger.coverage import Home, Reading
from backend.ledger.persona import shipped_personas
from backend.ledger.persona_year import play
from backend.ledger.policy import shipped_policies
from backend.ledger.recompute import discrepancies
from backend.ledger.sources import Sources
from backend.ledger.statement import Year, year_of
from tests.unit.ledger.papers import codes, fields, said
from tests.unit.ledger.years import ZONES

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


GOVERNED = [
    (key, vintage)
    for key, persona in PERSONAS.items()
    for vintage in (2025, 2026)
    if shipped_policies().find(persona.region, vintage) and (persona.born_on is None or persona.born_on.year <= vintage)
]


@pytest.mark.parametrize(("key", "vintage"), GOVERNED)
def test_recomputed__every_persona_under_every_policy__comes_out(key: str, vintage: int) -> None:
    """Under its own region's policy of each year: with guards and without, alone, born in the year, moved."""
    played = play(PERSONAS[key], shipped_policies(), vintage=vintage)
    values = said(frozen_for(vintage), played.year, carried_in_gco2e=1_234)
    assert discrepancies(values, SHIPPED) == []


def test_governed__every_persona_and_every_policy__is_among_them() -> None:
    assert {key for key, _ in GOVERNED} == set(PERSONAS)
    seats = {(PERSONAS[key].region, vintage) for key, vintage in GOVERNED}
    assert seats == {(one.region, one.vintage) for one in shipped_policies().by_id.values()}


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
        values = said(FROZEN_2026, self.year())
        assert discrepancies(values, TAKEN) == []
        assert (values["withheldBecause"], values["gapSeconds"]) == (None, 0)

    def test_least__is_said_as_a_part_and_checked_to_the_gram(self) -> None:
        one = lit("2026-01-01", "2026-12-31", "600")
        halves = replace(one, shares=((WHOLE_SPAN, 2),), least=((WHOLE_SPAN, Fraction(4, 3)),))
        values = said(FROZEN_2026, self.year(readings=[halves]))
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
        values = said(FROZEN_2026, self.year(readings=[one]))
        assert discrepancies(values, TAKEN) == []
        values["line.0000"]["part"] = "11/10"
        assert "line.part_too_large" in codes(discrepancies(values, TAKEN))

    def test_gap__withholds_and_is_counted(self) -> None:
        values = said(FROZEN_2026, self.year(readings=[lit("2026-01-01", "2026-12-30", "600")]))
        assert (values["withheldBecause"], values["gapSeconds"], values["surplusGco2e"]) == ("gap", 24 * 3600, "0")
        assert discrepancies(values, TAKEN) == []
        minted = discrepancies(values | {"withheldBecause": None, "gapSeconds": 0}, TAKEN)
        assert fields(minted) == {"gapSeconds", "withheldBecause"}

    def test_held__is_taken_as_attested(self) -> None:
        values = said(FROZEN_2026, self.year(is_held=True))
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
        values = said(FROZEN_2026, self.year(member=member))
        assert values["withheldBecause"] == withheld
        assert {name for name in ("fromBirth", "untilDeath") if name in values} == ({word} if word else set())
        assert discrepancies(values, TAKEN) == []
        if word is not None:
            without = {name: held for name, held in values.items() if name != word}
            assert "withheldBecause" in fields(discrepancies(without, TAKEN))

    def test_mover_between_two_clocks__the_time_between_is_no_gap(self) -> None:
        stay = Elsewhere(date(2026, 1, 1), date(2026, 5, 31), shipped_policies().governing("GB", 2026))
        left = days_span(stay.last, stay.last, place_of("GB").zone).end_s
        moving = Span(left, span("2026-06-01", "2026-12-31").start_s)
        readings = [
            replace(lit("2026-01-01", "2026-12-31", "300"), activity=part)
            for part in (
                replace(lit("2026-01-01", "2026-05-31", "300").activity, span=Span(WHOLE_SPAN.start_s, left)),
                lit("2026-06-01", "2026-12-31", "300").activity,
            )
        ]
        values = said(
            FROZEN_2026, self.year(member=replace(WHOLE_2026, elsewhere=(stay,)), readings=readings, moving=[moving])
        )
        assert moving.seconds > 0
        assert (values["withheldBecause"], values["gapSeconds"]) == (None, 0)
        assert (
            values["month.electricity.2026-05"]["coveredSeconds"] < values["month.electricity.2026-05"]["wholeSeconds"]
        )
        assert discrepancies(values, TAKEN) == []

    def test_memo__is_told_and_decides_nothing(self) -> None:
        values = said(FROZEN_2026, self.year(), memos=[Memo(2025, 70, "a meter read twice")])
        assert values["memo.0000"] == {"vintage": 2025, "amountGco2e": "70", "reason": "a meter read twice"}
        assert discrepancies(values, TAKEN) == []
        assert discrepancies(values | {"memo.0000": {"vintage": 2025}}, TAKEN)
