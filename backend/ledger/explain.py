"""A year told line by line: from each activity by its factor to grams, months, bound, budget and credit. No framework.

Tables in Markdown, each by its name; `docs/a-year-explained.md` holds them, and a test computes them anew.
"""

from collections.abc import Iterable, Mapping, Sequence

from backend.footprint.line import BPS, ONE_SIDED_BPS
from backend.footprint.quantity import plain
from backend.footprint.selection import Selection
from backend.kernel.digest import to_hex
from backend.ledger.lines import Line
from backend.ledger.netting import Plan
from backend.ledger.report import month_name
from backend.ledger.statement import Month, Status, Year

Rows = Iterable[Sequence[str]]


def _grams(amount_gco2e: int) -> str:
    return f"{amount_gco2e:,}"


def _percent(bps: int) -> str:
    return f"{bps // 100}.{bps % 100:02d}"


def _table(header: Sequence[str], rows: Rows) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(lines)


def _selections(line: Line) -> list[Selection]:
    return [line.choice.own] + ([line.choice.carrier] if line.choice.carrier else [])


def _facts(year: Year, factors_digest: bytes) -> str:
    policy, member = year.policy, year.member
    rows = [
        ("policy", f"`{policy.id}` revision {policy.revision}, `/policies/{to_hex(policy.digest)}`"),
        ("factors", f"frozen set of {member.vintage}, `/factors/{to_hex(factors_digest)}`"),
        ("class", policy.credit_class.code),
        ("days", f"{member.first} to {member.last}"),
    ]
    if policy.path is not None:
        kind = "backcast" if policy.path.backcast else "on the path"
        value = _grams(policy.path.value_gco2e)
        rows.append(("path", f"`{policy.path.path.id}`: {value} g in {member.vintage}, {kind}"))
    return _table(("what", "which"), rows)


def _factors(year: Year) -> str:
    used = {one.group: one for line in year.lines for one in _selections(line)}
    rows = [
        (
            f"`{one.factor.id}`",
            f"{one.factor.value} {one.factor.unit}",
            f"{one.factor.gas_basis}, {one.factor.boundary}",
            str(one.rung).replace("_", " "),
            f"± {_percent(one.half_width_bps)} %",
            "yes" if one.earns else "no",
            f"{one.factor.document}; {one.factor.table}",
        )
        for _, one in sorted(used.items())
    ]
    return _table(("factor", "value", "counts", "rung", "95 %", "may earn", "source"), rows)


def _told_once(year: Year) -> Iterable[tuple[Line, str]]:
    """Every line with its month; one zero that was stated for many months is told once, with its year."""
    seen: set[int] = set()
    for line in year.lines:
        if line.reading.activity.quantity or line.weight == 1:
            yield line, month_name(year.member.vintage, line.month)
        elif id(line.reading) not in seen:
            seen.add(id(line.reading))
            yield line, str(year.member.vintage)


def _lines(year: Year) -> str:
    rows = [
        (
            month,
            str(line.category),
            line.reading.activity.kind.name,
            str(line.reading.activity.grade),
            f"{plain(line.reading.activity.quantity)} {line.reading.activity.kind.unit}",
            str(line.weight) if line.reading.activity.quantity else "",
            " x ".join(str(one.factor.value) for one in _selections(line)),
            _grams(line.amount.gco2e),
        )
        for line, month in _told_once(year)
    ]
    return _table(("month", "category", "kind", "grade", "quantity", "part", "kg per unit", "g, rounded up"), rows)


def _month_row(year: Year, one: Month) -> Sequence[str]:
    return (
        str(one.category),
        month_name(year.member.vintage, one.month),
        str(one.status),
        f"{one.covered_s:,} of {one.whole_s:,}",
        *(_grams(value) for value in (one.budget_gco2e, one.reported_gco2e, one.footprint_gco2e, one.bound_gco2e)),
    )


def _months(year: Year) -> str:
    header = ("category", "month", "status", "seconds covered", "budget", "reported", "footprint", "bound")
    return _table(header, (_month_row(year, one) for one in year.months))


def _margin(year: Year) -> str:
    groups: dict[str, int] = {}
    for spread in (one for month in year.months for one in month.spreads):
        groups[spread.group] = groups.get(spread.group, 0) + spread.gram_bps
    rows = [(f"`{group}`", f"{total:,}", f"{total * total:,}") for group, total in sorted(groups.items())]
    square = sum(total * total for total in groups.values())
    rows.append(("sum", "", f"{square:,}"))
    rows.append((f"root x {ONE_SIDED_BPS} / {BPS}² = margin, rounded up", "", f"{_grams(year.margin_gco2e)} g"))
    return _table(("one shared error", "its grams x half-width in bps", "squared"), rows)


def _sums(year: Year, plan: Plan) -> str:
    policy = year.policy
    held = sum(one.bound_gco2e - one.footprint_gco2e for one in year.months if one.status is Status.MEASURED)
    doubt = sum(one.bound_gco2e - one.footprint_gco2e for one in year.months if one.status is not Status.MEASURED)
    rows = [
        ("footprint: the months' footprints", _grams(year.footprint_gco2e)),
        ("+ haircut on what documents show as saved", _grams(held)),
        ("+ what months that cannot earn are short of their budget, or may err by", _grams(doubt)),
        ("+ margin", _grams(year.margin_gco2e)),
        ("= upper bound", _grams(year.bound_gco2e)),
        ("budget: the months' budgets", _grams(year.budget_gco2e)),
        (
            f"measured, of the budget (at least {_percent(policy.year_measured_bps)} %)",
            f"{_percent(year.measured_bps)} %",
        ),
        ("surplus: budget - upper bound, or nothing", _grams(year.surplus_gco2e)),
        ("deficit: footprint - budget, or nothing", _grams(year.deficit_gco2e)),
        (
            f"credit: whole steps of {_grams(policy.mint_step_gco2e)} g that fit with their buffer",
            _grams(plan.credit_gco2e),
        ),
        (f"buffer: {_percent(policy.buffer_bps)} % of the credit, rounded up", _grams(plan.buffer_gco2e)),
        ("carried to the next vintage", _grams(plan.carried_out_gco2e)),
        ("outside the policy: shown, never compared", _grams(year.outside_gco2e)),
    ]
    return _table(("", "g CO2e"), rows)


def explain(year: Year, plan: Plan, factors_digest: bytes) -> Mapping[str, str]:
    """The tables of a year by name, in the order to read them."""
    return {
        "facts": _facts(year, factors_digest),
        "factors": _factors(year),
        "lines": _lines(year),
        "months": _months(year),
        "margin": _margin(year),
        "sums": _sums(year, plan),
    }


def explain_lost(whole: tuple[Year, Plan], lost: tuple[Year, Plan]) -> str:
    """The same year twice, with a month's evidence and without: the months that differ, and what it comes to."""
    (year, plan), (other, other_plan) = whole, lost
    rows = [
        (f"{one.category} {month_name(year.member.vintage, one.month)}: {name}", *(_grams(value) for value in both))
        for one, two in zip(year.months, other.months, strict=True)
        if one.status is not two.status
        for name, both in (
            (f"footprint, {one.status} and {two.status}", (one.footprint_gco2e, two.footprint_gco2e)),
            ("bound", (one.bound_gco2e, two.bound_gco2e)),
        )
    ]
    rows += [
        ("footprint of the year", _grams(year.footprint_gco2e), _grams(other.footprint_gco2e)),
        ("upper bound", _grams(year.bound_gco2e), _grams(other.bound_gco2e)),
        ("measured, of the budget", f"{_percent(year.measured_bps)} %", f"{_percent(other.measured_bps)} %"),
        ("surplus", _grams(year.surplus_gco2e), _grams(other.surplus_gco2e)),
        ("credit", _grams(plan.credit_gco2e), _grams(other_plan.credit_gco2e)),
    ]
    return _table(("g CO2e", "whole", "with the bill lost"), rows)


def with_tables(text: str, tables: Mapping[str, str]) -> str:
    """A page with its tables replaced: each stands between `<!-- NAME -->` and `<!-- end -->`."""
    for name, table in tables.items():
        head, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition("<!-- end -->")
        if begin and end:
            text = f"{head}{begin}\n{table}\n\n{end}{tail}"
    return text
