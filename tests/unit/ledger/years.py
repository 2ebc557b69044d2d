"""Whole years for the closing rules: readings of a home or of travel, month by month, without a database."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from backend.footprint.activity import Activity
from backend.footprint.factors import catalogue
from backend.footprint.kind import Category, Grade, kind_of
from backend.footprint.span import Span, month_span
from backend.ledger.accrual import Membership
from backend.ledger.coverage import Home, Reading
from backend.ledger.policy import Policy, shipped_policies
from backend.ledger.statement import Year, year_of

CALIFORNIA = shipped_policies().policy("us-ca-home-electricity-2025")
SICHUAN = shipped_policies().policy("cn-sc-home-travel-2025")
FROZEN_2025 = catalogue().frozen_before(date(2025, 1, 1))
WHOLE_YEAR = Membership(2025, date(2025, 1, 1), date(2025, 12, 31), None)
ZONES = {"US-CA": ZoneInfo("America/Los_Angeles"), "CN-SC": ZoneInfo("Asia/Shanghai")}
MONTHS = range(1, 13)


def year_span(region: str) -> Span:
    """2025 in a region's time."""
    return Span(month_span(2025, 1, ZONES[region]).start_s, month_span(2025, 12, ZONES[region]).end_s)


def reading(
    kind: str, quantity: str, span: Span, place: str, *, grade: Grade = Grade.D, meter: str = "", people: int = 1
) -> Reading:
    """A reading shared among some people for as long as anybody asks."""
    activity = Activity(kind_of(kind), Decimal(quantity), span, place, grade, "a document", quantity, None)
    return Reading(activity, meter, ((Span(0, 2**40), people),))


def power(
    monthly_kwh: Mapping[int, str], *, grade: Grade = Grade.D, meter: str = "m", people: int = 1
) -> list[Reading]:
    """Monthly electricity in California."""
    return [
        reading(
            "grid_electricity", kwh, month_span(2025, month, ZONES["US-CA"]), "US-CAMX",
            grade=grade, meter=meter, people=people,
        )
        for month, kwh in monthly_kwh.items()
    ]  # fmt: skip


def every_month(kwh: str) -> dict[int, str]:
    """The same in each month."""
    return dict.fromkeys(MONTHS, kwh)


def home(region: str = "US-CA", **meters: Iterable[str]) -> Home:
    """A home all year with these meters by category; one electricity meter `m` if nothing is said."""
    known = meters or {"electricity": ["m"]}
    return Home((year_span(region),), {Category(name): frozenset(ids) for name, ids in known.items()})


def californian(
    readings: Iterable[Reading], *, policy: Policy = CALIFORNIA, homes: Iterable[Home] | None = None
) -> Year:
    """A Californian's year under the electricity policy."""
    return year_of(
        policy=policy,
        member=WHOLE_YEAR,
        zone=ZONES["US-CA"],
        factors=FROZEN_2025,
        readings=list(readings),
        homes=[home()] if homes is None else list(homes),
    )


def sichuan_home(kwh: str, m3: str) -> list[Reading]:
    """A Sichuan home's year in two readings."""
    whole = year_span("CN-SC")
    return [
        reading("grid_electricity", kwh, whole, "CN-SC", meter="e"),
        reading("natural_gas", m3, whole, "CN-SC", meter="g"),
    ]


def sichuan_travel(km: str = "0", transit_km: str = "0", flight_km: str = "0", grade: Grade = Grade.D) -> list[Reading]:
    """A Sichuan year of travel in three readings, one for each stream."""
    whole = year_span("CN-SC")
    return [
        reading("car_petrol", km, whole, "CN-SC", grade=grade),
        reading("bus", transit_km, whole, "CN-SC", grade=grade),
        reading("flight_domestic", flight_km, whole, "CN-SC", grade=grade),
    ]


def sichuanese(readings: Iterable[Reading]) -> Year:
    """A year under the electricity, gas and travel policy."""
    return year_of(
        policy=SICHUAN,
        member=WHOLE_YEAR,
        zone=ZONES["CN-SC"],
        factors=FROZEN_2025,
        readings=list(readings),
        homes=[home("CN-SC", electricity=["e"], gas=["g"])],
    )
