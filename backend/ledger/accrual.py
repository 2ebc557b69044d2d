"""Budgets accrue by the day: who joins late, is born, dies or moves away has a part of the year. No framework."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from backend.footprint.kind import Category
from backend.footprint.span import Span, days_span
from backend.kernel.errors import RuleViolated
from backend.ledger.adjuster import Term
from backend.ledger.policy import CategoryBudget, Policy

BPS = 10_000
MONTHS = range(1, 13)


class NotAMember(RuleViolated):
    """The person has no day in that vintage."""

    code = "statement.not_a_member"

    def __init__(self, vintage: int, joined_on: date, left_on: date | None) -> None:
        super().__init__(
            f"no day of membership in {vintage}: joined on {joined_on}, left on {left_on or 'no day yet'}",
            vintage=vintage,
            joined_on=joined_on.isoformat(),
            left_on=left_on.isoformat() if left_on else None,
        )


@dataclass(frozen=True)
class Elsewhere:
    """Days of a vintage lived under another region's policy, both ends included."""

    first: date
    last: date
    policy: Policy


@dataclass(frozen=True)
class Membership:
    """A person's days in one vintage year, both ends included, and when it comes of age."""

    vintage: int
    first: date
    last: date
    born_on: date | None
    elsewhere: tuple[Elsewhere, ...] = ()
    """Parts of these days before the person moved to the region of its statement."""
    alone: tuple[tuple[date, date], ...] = ()
    """Runs of these days, both ends included, on which the person had its home to itself."""
    died: bool = False
    """Whether the last day is the person's last: nobody chooses it."""

    @property
    def is_whole(self) -> bool:
        """Whether the days are the whole year, or what of it the person was alive: none was left out by choice."""
        begins = self.first == date(self.vintage, 1, 1) or self.first == self.born_on
        return begins and (self.last == date(self.vintage, 12, 31) or self.died)

    def other_on(self, day: date, category: Category | None) -> CategoryBudget | None:
        """What another region's policy gives a category on a day lived there."""
        for stay in self.elsewhere:
            if stay.first <= day <= stay.last:
                return next((one for one in stay.policy.categories if one.category == category), None)
        return None

    def is_alone_on(self, day: date) -> bool:
        """Whether the person had its home to itself on a day."""
        return any(first <= day <= last for first, last in self.alone)

    def is_minor_on(self, day: date, majority_age: int) -> bool:
        """Whether the person is below the policy's age of majority on a day. Unknown birth counts as of age."""
        if self.born_on is None:
            return False
        birthday = (self.born_on.month, self.born_on.day)
        return day.year - self.born_on.year - ((day.month, day.day) < birthday) < majority_age

    def days_in(self, month: int) -> list[date]:
        """The person's days in a month, in order."""
        day = max(self.first, date(self.vintage, month, 1))
        days: list[date] = []
        while day <= self.last and day.month == month:
            days.append(day)
            day += timedelta(days=1)
        return days

    def span_in(self, month: int, zone: ZoneInfo) -> Span:
        """The same days as a span of local time; empty if there are none."""
        days = self.days_in(month)
        return days_span(days[0], days[-1], zone) if days else Span(0, 0)


def membership_of(vintage: int, joined_on: date, left_on: date | None, born_on: date | None) -> Membership:
    """A person's days in a vintage; raises NotAMember if there are none."""
    first = max(date(vintage, 1, 1), joined_on, born_on or joined_on)
    last = min(date(vintage, 12, 31), left_on or date.max)
    if first > last:
        raise NotAMember(vintage, joined_on, left_on)
    return Membership(vintage, first, last, born_on)


def _days_of_year(vintage: int) -> int:
    return (date(vintage + 1, 1, 1) - date(vintage, 1, 1)).days


def monthly_budget(
    yearly_gco2e: int, member: Membership, policy: Policy, category: Category | None = None
) -> list[int]:
    """Twelve shares of a yearly budget, in grams, that sum to the accrued budget rounded down once. A child's day
    accrues the policy's child share; a day lived under another region's policy the smaller budget of the two; an
    adult's day alone at home what the policy's household term adds.
    """
    alone_bps = BPS + policy.extra_bps(category, Term.LIVING_ALONE)
    whole = _days_of_year(member.vintage) * BPS
    shares: list[int] = []
    accrued = given = 0
    for month in MONTHS:
        for day in member.days_in(month):
            other = member.other_on(day, category)
            yearly = yearly_gco2e if other is None else min(yearly_gco2e, other.budget_gco2e)
            if member.is_minor_on(day, policy.majority_age):
                accrued += yearly * policy.child_share_bps
            else:
                accrued += yearly * (alone_bps if other is None and member.is_alone_on(day) else BPS)
        upto = accrued // whole
        shares.append(upto - given)
        given = upto
    return shares


def monthly_default(yearly_gco2e: int, member: Membership, category: Category | None = None) -> list[int]:
    """Twelve shares of a yearly high default, in grams, each rounded up. A child's default is an adult's: nothing shows
    that an unmeasured child emits less. A day lived under another region's policy has the higher default of the two.
    """
    days = _days_of_year(member.vintage)

    def on(day: date) -> int:
        other = member.other_on(day, category)
        return yearly_gco2e if other is None else max(yearly_gco2e, other.high_default_gco2e)

    return [-(-sum(on(day) for day in member.days_in(month)) // days) for month in MONTHS]
