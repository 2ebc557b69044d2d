"""A statement worked out again from its own document, by the rules that closed it. No database, no network.

The document's inputs (days of membership, lines with quantity and part, measured seconds, what was carried in and
netted) go through `year_of` and `plan_of` with the factor set and the policy of the digests that it names; everything
else that it says must come out, field by field. What no document can prove by itself is taken from it as a verifier
attested it: that the activities are true, with whom they are shared (and who lightens whose part), which meters there
are, who lived alone, was born or died, whether an earlier year's gap holds this one, and what its memos tell. A part
may not be more than the time it falls on, nor measured time more than what its lines evidence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from backend.footprint.activity import Activity
from backend.footprint.factors import FactorSet
from backend.footprint.kind import KINDS, METERED, Category, Grade, kind_of, streams_of
from backend.footprint.place import place_of
from backend.footprint.quantity import parse_decimal
from backend.footprint.selection import choose
from backend.footprint.span import Span, Spans, days_span, intersect, subtract, union
from backend.kernel.digest import Json, canonical_json
from backend.kernel.errors import TanyuError
from backend.ledger.accrual import MONTHS, Elsewhere, Membership
from backend.ledger.content import Account, Memo, content_of
from backend.ledger.coverage import Home, Reading, covered_spans
from backend.ledger.debt import OpenDeficit
from backend.ledger.lines import Line
from backend.ledger.netting import plan_of
from backend.ledger.policy import Policy
from backend.ledger.sources import Sources
from backend.ledger.statement import Withheld, Year, year_of

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Discrepancy:
    """One thing in a document that is not what the rules give. `code` says what sort of thing, `field` which; `says` is
    empty if it could not be worked out, and then `recomputed` says why.
    """

    code: str
    field: str
    says: str
    recomputed: str

    @property
    def sentence(self) -> str:
        """In words."""
        if not self.says:
            return f"{self.field}: {self.recomputed}"
        return f"{self.field} says {self.says}, worked out again {self.recomputed}"


@dataclass(frozen=True)
class _Inputs:
    """What of a document the rules start from."""

    policy: Policy
    factors: FactorSet
    member: Membership
    zone: ZoneInfo
    readings: dict[str, Reading]
    """By line's name."""


class _Unusable(Exception):
    """A part of the document that the rules cannot start from."""

    def __init__(self, found: Discrepancy) -> None:
        super().__init__(found.sentence)
        self.found = found


def discrepancies(values: Values, sources: Sources) -> list[Discrepancy]:
    """Everything in a document that does not come out again, in the order of its fields; empty if all does."""
    try:
        inputs = _inputs(values, sources)
        unproven = [*_parts(values, inputs), *_cover(values, inputs)]
        year = _year(values, inputs)
        expected = _expected(values, year)
    except _Unusable as failure:
        return [failure.found]
    except TanyuError as failure:
        return [Discrepancy(failure.code, "the document", "", failure.message)]
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as failure:
        return [Discrepancy("field.malformed", "the document", "", repr(failure))]
    named = {id(reading): name for name, reading in inputs.readings.items()}
    lines = {named[id(line.reading)]: line for line in year.lines if id(line.reading) in named}
    found = [*unproven, *_lines(values, lines, year.policy.vintage), *_fields(values, expected)]
    if not found and list(lines) != sorted(lines):
        found.append(Discrepancy("line.out_of_order", "the lines", "another order", "the order of what they say"))
    return found


def _inputs(values: Values, sources: Sources) -> _Inputs:
    policy, factors = (
        sources.policy(_octets(values["policyDigest"])),
        sources.factor_set(_octets(values["factorsDigest"])),
    )
    zone = place_of(policy.region).zone
    member = _member(values, policy, sources)
    names = sorted(name for name in values if name.startswith("line."))
    readings = {name: _reading(name, values[name], member, zone, factors) for name in names}
    return _Inputs(policy, factors, member, zone, readings)


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _member(values: Values, policy: Policy, sources: Sources) -> Membership:
    """The days of membership. A child's birth date is known only so far: it comes of age the day after it says, or was
    born on the first of its days.
    """
    first, last = date.fromisoformat(values["firstDay"]), date.fromisoformat(values["lastDay"])
    born_on = first if values.get("fromBirth") is True else None
    if born_on is None and "minorThrough" in values:
        of_age = date.fromisoformat(values["minorThrough"]) + timedelta(days=1)
        born_on = of_age.replace(year=of_age.year - policy.majority_age)
    elsewhere = tuple(
        Elsewhere(
            date.fromisoformat(stay["firstDay"]),
            date.fromisoformat(stay["lastDay"]),
            sources.policy(_octets(stay["policyDigest"])),
        )
        for stay in values.get("elsewhere", [])
    )
    alone = tuple(
        (date.fromisoformat(run["firstDay"]), date.fromisoformat(run["lastDay"])) for run in values.get("alone", [])
    )
    died = values.get("untilDeath") is True
    return Membership(policy.vintage, first, last, born_on, elsewhere, alone=alone, died=died)


def _moving(inputs: _Inputs) -> list[Span]:
    """Between the last local day under one policy and the first under the next: nobody is at home then."""
    policy, member = inputs.policy, inputs.member
    cuts = sorted({one.first for one in member.elsewhere} | {one.last + timedelta(days=1) for one in member.elsewhere})

    def region(day: date) -> str:
        return next((one.policy.region for one in member.elsewhere if one.first <= day <= one.last), policy.region)

    found: list[Span] = []
    for day in (day for day in cuts if member.first < day <= member.last):
        left = day - timedelta(days=1)
        away = days_span(left, left, place_of(region(left)).zone).end_s
        entered = days_span(day, day, place_of(region(day)).zone).start_s
        found.append(Span(away, entered))
    return [span for span in found if span.seconds]


def _reading(name: str, line: Values, member: Membership, zone: ZoneInfo, factors: FactorSet) -> Reading:
    """A line as a reading that is shared so as to give its part, in its month and in no other."""
    try:
        span = Span(int(line["fromUnix"]), int(line["toUnix"]))
        activity = Activity(
            kind=kind_of(line["kind"]),
            quantity=parse_decimal(line["quantity"]),
            span=span,
            place=place_of(line["place"]).code,
            grade=Grade(line["grade"]),
            evidence="",
            given="",
            meter=None,
        )
        month = member.span_in(int(line["month"].removeprefix(f"{member.vintage}-")), zone)
        choose(factors, activity.kind.name, activity.place, member.vintage)
        part, within = Fraction(line["part"]), span.meet(month)
        people = _among(part, within, span)
        least = _least(Fraction(line["leastPart"]), span, member, zone) if "leastPart" in line else None
    except (TanyuError, KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as failure:
        why = failure.message if isinstance(failure, TanyuError) else repr(failure)
        raise _Unusable(Discrepancy("line.malformed", name, "", why)) from failure
    if people <= 0:
        raise _Unusable(Discrepancy("line.malformed", name, f"a part of {line['part']}", "nothing of it in its month"))
    return Reading(activity, "", ((within, people),), least=least)


def _among(part: Fraction, within: Span, span: Span) -> Fraction:
    """Among how many something is shared of which so much falls within a part of its time."""
    return Fraction(within.seconds * part.denominator, part.numerator * span.seconds)


def _least(part: Fraction, span: Span, member: Membership, zone: ZoneInfo) -> tuple[tuple[Span, Fraction], ...]:
    """What the bound takes at least so that it comes to this part: the time within the vintage, among so many."""
    vintage = days_span(date(member.vintage, 1, 1), date(member.vintage, 12, 31), zone)
    return ((span, _among(part, span.meet(vintage), span)),)


def _parts(values: Values, inputs: _Inputs) -> Iterator[Discrepancy]:
    """A part of more than the whole for as long as the month lasts; of more than the whole, where a reading may fall on
    less than its time because nobody shared it in the rest (`Guards.least_shares`).
    """
    for name, reading in inputs.readings.items():
        ((within, _),) = reading.shares
        least_shares = inputs.policy.guards.least_shares
        most = Fraction(1) if least_shares else Fraction(within.seconds, reading.activity.span.seconds)
        part = values[name]["part"]
        if Fraction(part) > most:
            yield Discrepancy("line.part_too_large", f"{name}.part", part, f"at most {most}")


def _evidenced(inputs: _Inputs, category: Category) -> list[Span]:
    """The most that the lines of a category can show to be measured."""
    time = union(inputs.member.span_in(month, inputs.zone) for month in MONTHS)
    readings, every_kind = list(inputs.readings.values()), inputs.policy.guards.every_kind
    if category not in METERED:
        return covered_spans(category, time, readings, [], every_kind=every_kind)
    shown = [one for one in readings if one.activity.kind.category == category and one.activity.grade is not Grade.S]
    found = union(one.activity.span for one in shown)
    for stream in sorted(streams_of(category)) if every_kind else ():
        found = intersect(found, union(one.activity.span for one in shown if one.activity.kind.stream == stream))
    return found


def _cover(values: Values, inputs: _Inputs) -> Iterator[Discrepancy]:
    """Measured seconds that no line shows."""
    for budget in inputs.policy.categories:
        evidenced = _evidenced(inputs, budget.category)
        for name, month, says in _months(values, inputs, budget.category):
            most = sum(span.seconds for span in intersect(evidenced, [month]))
            if says > most:
                yield Discrepancy("month.cover_unproven", f"{name}.coveredSeconds", str(says), f"at most {most}")


def _months(values: Values, inputs: _Inputs, category: Category) -> Iterator[tuple[str, Span, int]]:
    """A category's months: field name, span, and the seconds that the document says were measured."""
    for number in MONTHS:
        month = inputs.member.span_in(number, inputs.zone)
        name = f"month.{category}.{inputs.member.vintage}-{number:02d}"
        if month.seconds and name in values:
            yield name, month, int(values[name]["coveredSeconds"])


def _year(values: Values, inputs: _Inputs) -> Year:
    """The year by the rules. Measured time stands as evidence without a quantity: a meter of one home for what has
    meters (one of each stream), a vehicle for the rest, each read for as long as the document says, and while moving
    last of all.
    """
    moving = _moving(inputs)
    whole = Span(
        inputs.member.span_in(inputs.member.first.month, inputs.zone).start_s,
        inputs.member.span_in(inputs.member.last.month, inputs.zone).end_s,
    )
    shown: list[Reading] = []
    for budget in inputs.policy.categories:
        evidenced = _evidenced(inputs, budget.category)
        kinds = {kind.stream: kind for kind in KINDS.values() if kind.category == budget.category}
        for _, month, seconds in _months(values, inputs, budget.category):
            there = intersect(evidenced, [month])
            for span in _first([*subtract(there, moving), *intersect(there, moving)], seconds):
                for kind in kinds.values():
                    activity = Activity(kind, parse_decimal("0"), span, inputs.policy.region, Grade.M, "", "", None)
                    shown.append(Reading(activity, f"measured {budget.category}", ()))
    names = {budget.category: frozenset({f"measured {budget.category}"}) for budget in inputs.policy.categories}
    home = Home((whole,), {category: held for category, held in names.items() if category in METERED})
    vehicle = Home((whole,), {category: held for category, held in names.items() if category not in METERED})
    return year_of(
        policy=inputs.policy,
        member=inputs.member,
        zone=inputs.zone,
        factors=inputs.factors,
        readings=[*inputs.readings.values(), *shown],
        homes=[home],
        vehicles=[vehicle],
        moving=moving,
        is_held=values.get("withheldBecause") == Withheld.HELD,
    )


def _first(spans: Spans, seconds: int) -> Iterator[Span]:
    """The first so many seconds of some spans."""
    for span in spans:
        taken = min(seconds, span.seconds)
        if taken:
            yield Span(span.start_s, span.start_s + taken)
        seconds -= taken


def _expected(values: Values, year: Year) -> dict[str, Json]:
    """What the document should say, from the year and from what it says was carried in, netted and told in memos."""
    netted_gco2e = int(values["nettedGco2e"])
    owed = OpenDeficit(0, 0, 0, year.policy.region, year.policy.vintage - 1, b"", netted_gco2e, netted_gco2e)
    plan = plan_of(year, carried_in_gco2e=int(values["carriedInGco2e"]), deficits=[owed] if netted_gco2e else [])
    account = Account(str(values["account"]), _octets(values["nullifier"]), int(values["version"]))
    told = [values[name] for name in sorted(name for name in values if name.startswith("memo."))]
    memos = [Memo(int(one["vintage"]), int(one["amountGco2e"]), str(one["reason"])) for one in told]
    return content_of(account, year, plan, str(values["factorsDigest"]), memos)


def _lines(values: Values, lines: Mapping[str, Line], vintage: int) -> Iterator[Discrepancy]:
    for name in sorted(name for name in values if name.startswith("line.")):
        if name not in lines:
            yield Discrepancy("line.miscomputed", name, "a part of something", "nothing")
            continue
        line = lines[name]
        yield from _compared(name, values[name], line.fields(vintage))


def _fields(values: Values, expected: Mapping[str, Json]) -> Iterator[Discrepancy]:
    said = {name: value for name, value in values.items() if not name.startswith("line.")}
    due = {name: value for name, value in expected.items() if not name.startswith("line.")}
    for name in sorted(said.keys() | due.keys()):
        if name not in said:
            yield Discrepancy("field.missing", name, "nothing", _shown(due[name]))
        elif name not in due:
            yield Discrepancy("field.unexpected", name, _shown(said[name]), "no such field")
        else:
            yield from _compared(name, said[name], due[name])


def _compared(name: str, said: Any, due: Json) -> Iterator[Discrepancy]:
    sort = name.split(".", maxsplit=1)[0] if "." in name else "total"
    if isinstance(said, Mapping) and isinstance(due, Mapping):
        for key in sorted(said.keys() | due.keys()):
            if said.get(key) != due.get(key):
                yield Discrepancy(f"{sort}.miscomputed", f"{name}.{key}", _shown(said.get(key)), _shown(due.get(key)))
    elif said != due or isinstance(said, bool) is not isinstance(due, bool):
        yield Discrepancy(f"{sort}.miscomputed", name, _shown(said), _shown(due))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value).decode()
