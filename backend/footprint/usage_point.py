"""Usage points of a Green Button feed, each with the one series of intervals that says what it used. No framework.

Only what was delivered to the customer counts, as quantities per interval. Exported, net and summed flows, registers,
averages and other services are left out and said to be. Two usable series of one point that meet in time may be parts
of one total (peak and off-peak) or copies: that is refused, not guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext

from backend.footprint.espi_code import COMMODITIES, DELTA, FORWARD, NORMAL, SERVICES, UNITS, EspiUnit
from backend.footprint.espi_feed import Entry
from backend.footprint.kind import Category
from backend.footprint.quantity import QUANTITY_LIMIT, QuantityTooLarge, plain
from backend.kernel.clock import from_unix_s, iso
from backend.kernel.errors import InvalidInput

POWERS = range(-12, 13)
_STEP = Decimal("1e-9")
PRECISION = 60


@dataclass(frozen=True)
class LeftOut:
    """A series that does not count, and why: in English and Chinese."""

    point: str
    en: str
    zh: str


class NothingMeasured(InvalidInput):
    """No usable reading of electricity or gas delivered; `left_out` says what was there instead."""

    code = "green_button.nothing_measured"

    def __init__(self, left_out: Sequence[LeftOut]) -> None:
        told = [f"{one.point}: {one.en}" for one in left_out[:20]]
        why = "; ".join(told) or "it has no usage point with readings"
        super().__init__(f"the file has no reading of electricity or gas delivered to you: {why}", left_out=told)


class IntervalsOverlap(InvalidInput):
    """Two readings of one meter, or two series of one point, for the same time that are not the same reading."""

    code = "green_button.intervals_overlap"

    def __init__(self, point: str, at_s: int) -> None:
        at = iso(from_unix_s(at_s))
        super().__init__(f"{point} has more than one reading at {at}; which of them counts is not said", point=point)


class ReadingNegative(InvalidInput):
    """Less than nothing was delivered: exported power has a flow direction of its own and is never subtracted."""

    code = "green_button.reading_negative"

    def __init__(self, point: str, at_s: int) -> None:
        super().__init__(f"{point} has a negative reading at {iso(from_unix_s(at_s))}", point=point)


class MultiplierInvalid(InvalidInput):
    """A power of ten that is no small whole number."""

    code = "green_button.multiplier_invalid"

    def __init__(self, text: str) -> None:
        super().__init__(f"the power of ten multiplier is {text[:20]!r}, expected -12 to 12", value=text[:20])


@dataclass(frozen=True)
class Interval:
    """One reading: [start_s, end_s) in Unix seconds, and its value in the series' unit before the multiplier."""

    start_s: int
    end_s: int
    value: int


@dataclass(frozen=True)
class UsagePoint:
    """A point of delivery. `key` is its Atom id and address: what a later export of the same point carries again."""

    key: str
    name: str
    """What people and the command line call it: its address in the feed, or its id."""
    category: Category
    unit: EspiUnit
    power: int
    """The value's power of ten."""
    intervals: tuple[Interval, ...]
    """In order of time, none overlapping."""
    forecasts: int

    def quantity(self, value: int) -> Decimal:
        """A value in the kind's unit, rounded up at 1e-9 where the conversion does not end. Raises QuantityTooLarge."""
        with localcontext() as context:
            context.prec = PRECISION
            exact = Decimal(value).scaleb(self.power) * self.unit.numerator / self.unit.denominator
            if exact > QUANTITY_LIMIT:
                raise QuantityTooLarge(exact)
            return exact.quantize(_STEP, rounding=ROUND_CEILING)

    def given(self, value: int) -> str:
        """A value as the file gives it."""
        return f"{plain(Decimal(value).scaleb(self.power))} {self.unit.name}"


def _children(parent: Entry, entries: Iterable[Entry]) -> list[Entry]:
    related = set(parent.related)
    return [entry for entry in entries if (entry.href and entry.href in related) or (entry.up and entry.up in related)]


def _of(resource: str, entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.resource == resource]


def _owned(parents: Sequence[Entry], children: Sequence[Entry]) -> list[list[Entry]]:
    """Each parent's children by links. Where there is one parent only, whatever no link reaches is its own too: feeds
    exist whose addresses do not agree with each other.
    """
    if len(parents) == 1:
        return [list(children)]
    return [_children(parent, children) for parent in parents]


def _category(point: Entry, codes: dict[str, str]) -> Category | None:
    said = point.codes.get("kind", "")
    return SERVICES.get(said) if said else COMMODITIES.get(codes.get("commodity", ""))


_FLOWS = {
    "19": ("exported", "送出"),
    "4": ("net of what was exported", "扣除送出后的净值"),
    "20": ("delivered and exported together", "供给与送出合计"),
}
_CATEGORIES = {Category.ELECTRICITY: "电", Category.GAS: "气"}


def _unfit(point: str, codes: dict[str, str]) -> LeftOut | None:
    """Why a series is not a quantity delivered per interval; None if it is."""
    flow, sums, qualifier = (
        codes.get(name, "") for name in ("flowDirection", "accumulationBehaviour", "dataQualifier")
    )
    if flow not in FORWARD:
        en, zh = _FLOWS.get(flow, ("not delivery", "不是供给"))
        return LeftOut(point, f"flow direction {flow} ({en})", f"流向 {flow}（{zh}）")
    if sums not in DELTA:
        en, zh = "a register, not a quantity per interval", "是表上的累计数，不是各时段的用量"
        return LeftOut(point, f"accumulation {sums} ({en})", f"累计方式 {sums}（{zh}）")
    if qualifier not in NORMAL:
        return LeftOut(
            point, f"data qualifier {qualifier} (an average or an extreme)", f"数据性质 {qualifier}（平均值或极值）"
        )
    return None


def _unknown(point: str, category: Category | None, service: str | None, unit: str | None) -> LeftOut:
    """That a series is of another service, or in a unit that says no quantity."""
    if category is None:
        return LeftOut(
            point,
            f"service {service or 'not said'}, neither electricity nor gas",
            f"服务 {service or '未注明'}，既不是电也不是气",
        )
    return LeftOut(
        point, f"unit {unit or 'not said'} of {category}", f"{_CATEGORIES[category]}的单位 {unit or '未注明'}"
    )


def _power(codes: dict[str, str]) -> int:
    text = codes.get("powerOfTenMultiplier", "") or "0"
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 2 and int(text) in POWERS):
        raise MultiplierInvalid(text)
    return int(text)


def _intervals(name: str, blocks: Iterable[Entry]) -> tuple[Interval, ...]:
    """In order of time; the same reading twice counts once."""
    read = {
        Interval(start_s, end_s, value)
        for block in blocks
        for start_s, end_s, value in zip(
            block.readings.starts_s, block.readings.ends_s, block.readings.values, strict=True
        )
    }
    ordered = sorted(read, key=lambda one: (one.start_s, one.end_s, one.value))
    end_s = -1
    for one in ordered:
        if one.start_s < end_s:
            raise IntervalsOverlap(name, one.start_s)
        if one.value < 0:
            raise ReadingNegative(name, one.start_s)
        end_s = one.end_s
    return tuple(ordered)


def _series(
    point: Entry, meters: Sequence[tuple[Entry, Entry | None, list[Entry]]], left_out: list[LeftOut]
) -> UsagePoint | None:
    """The point with its series, or None. `meters`: meter reading, reading type, interval blocks."""
    name = point.href or point.id
    found: UsagePoint | None = None
    for _, reading_type, blocks in meters:
        codes = reading_type.codes if reading_type else {}
        category = _category(point, codes)
        unit = UNITS.get((category, codes.get("uom", ""))) if category else None
        unfit = _unfit(name, codes) if category else None
        if unfit is not None or category is None or unit is None:
            left_out.append(unfit or _unknown(name, category, point.codes.get("kind"), codes.get("uom")))
            continue
        intervals = _intervals(name, blocks)
        if not intervals:
            left_out.append(LeftOut(name, "no readings", "没有读数"))
            continue
        forecasts = sum(block.readings.forecasts for block in blocks)
        made = UsagePoint(f"{point.id} {point.href}", name, category, unit, _power(codes), intervals, forecasts)
        found = made if found is None else _joined(found, made)
    return found


def _joined(one: UsagePoint, other: UsagePoint) -> UsagePoint:
    """Two series of one point that follow each other in time, as when a reading type changes."""
    pair = sorted((one, other), key=lambda series: series.intervals[0].start_s)
    first, second = pair
    if second.intervals[0].start_s < first.intervals[-1].end_s or (one.unit, one.power) != (other.unit, other.power):
        raise IntervalsOverlap(one.name, second.intervals[0].start_s)
    return UsagePoint(
        one.key, one.name, one.category, one.unit, one.power, first.intervals + second.intervals,
        one.forecasts + other.forecasts,
    )  # fmt: skip


def points_of(entries: Sequence[Entry]) -> tuple[list[UsagePoint], list[LeftOut]]:
    """The usage points with readings, in the feed's order; and in words what was left out.

    Raises NothingMeasured, IntervalsOverlap, ReadingNegative, MultiplierInvalid.
    """
    points, readings = _of("UsagePoint", entries), _of("MeterReading", entries)
    types, blocks = _of("ReadingType", entries), _of("IntervalBlock", entries)
    typed = dict(zip(map(id, readings), _owned_types(readings, types), strict=True))
    timed = dict(zip(map(id, readings), _owned(readings, blocks), strict=True))
    left_out: list[LeftOut] = []
    found: list[UsagePoint] = []
    for point, own in zip(points, _owned(points, readings), strict=True):
        meters = [(reading, typed[id(reading)], timed[id(reading)]) for reading in own]
        made = _series(point, meters, left_out)
        if made is not None:
            found.append(made)
    if not found:
        raise NothingMeasured(left_out)
    return found, left_out


def _owned_types(readings: Sequence[Entry], types: Sequence[Entry]) -> list[Entry | None]:
    linked = [_children(reading, types) for reading in readings]
    alone = types[0] if len(types) == 1 else None
    return [own[0] if own else alone for own in linked]
