"""What a statement document says, field by field. No framework; grams are decimal strings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from backend.kernel.digest import Json, to_hex
from backend.ledger.netting import Plan
from backend.ledger.statement import Month, Year


@dataclass(frozen=True)
class Account:
    """Whose statement it is, and which version."""

    address: str
    nullifier: bytes
    version: int


def _month(entry: Month) -> Json:
    return {
        "status": str(entry.status),
        "budgetGco2e": str(entry.budget_gco2e),
        "reportedGco2e": str(entry.reported_gco2e),
        "footprintGco2e": str(entry.footprint_gco2e),
        "boundGco2e": str(entry.bound_gco2e),
        "coveredSeconds": entry.covered_s,
        "wholeSeconds": entry.whole_s,
    }


def _category(year: Year, name: str) -> Json:
    months = [entry for entry in year.months if entry.category == name]
    return {
        "budgetGco2e": str(sum(entry.budget_gco2e for entry in months)),
        "footprintGco2e": str(sum(entry.footprint_gco2e for entry in months)),
        "boundGco2e": str(sum(entry.bound_gco2e for entry in months)),
    }


def _membership(year: Year) -> dict[str, Json]:
    """What besides its days decides a person's budgets and whether they are a whole year, where it applies: through
    which day of the year it is a minor, where it lived before under which policy, when it had its home to itself, and
    whether a birth or a death bounds the days.
    """
    member, policy = year.member, year.policy
    found: dict[str, Json] = {}
    if member.is_minor_on(member.first, policy.majority_age):
        days = (member.first + timedelta(days=day) for day in range((member.last - member.first).days + 1))
        minor = [day for day in days if member.is_minor_on(day, policy.majority_age)]
        found["minorThrough"] = minor[-1].isoformat()
    if member.elsewhere:
        found["elsewhere"] = [
            {
                "firstDay": stay.first.isoformat(),
                "lastDay": stay.last.isoformat(),
                "policy": f"{stay.policy.id} r{stay.policy.revision}",
                "policyDigest": to_hex(stay.policy.digest),
            }
            for stay in member.elsewhere
        ]
    if member.alone:
        found["alone"] = [{"firstDay": first.isoformat(), "lastDay": last.isoformat()} for first, last in member.alone]
    if policy.guards.whole_years_only:
        found |= {"fromBirth": True} if member.first == member.born_on else {}
        found |= {"untilDeath": True} if member.died else {}
    return found


@dataclass(frozen=True)
class Memo:
    """An error found in the vintage before, in which too little was credited. Told, never minted."""

    vintage: int
    amount_gco2e: int
    reason: str


def content_of(
    account: Account, year: Year, plan: Plan, factors_digest: str, memos: Sequence[Memo] = ()
) -> dict[str, Json]:
    """Every field of the document. `boundGco2e` of categories and months leaves out the margin that they share."""
    policy, member = year.policy, year.member
    content: dict[str, Json] = {
        "account": account.address,
        "version": account.version,
        "nullifier": to_hex(account.nullifier),
        "class": policy.credit_class.code,
        "classId": str(policy.class_id),
        "policy": f"{policy.id} r{policy.revision}",
        "policyDigest": to_hex(policy.digest),
        "policyIllustrative": policy.illustrative,
        "factorsDigest": factors_digest,
        "firstDay": member.first.isoformat(),
        "lastDay": member.last.isoformat(),
        "budgetGco2e": str(year.budget_gco2e),
        "footprintGco2e": str(year.footprint_gco2e),
        "marginGco2e": str(year.margin_gco2e),
        "boundGco2e": str(year.bound_gco2e),
        "measuredBps": year.measured_bps,
        "surplusGco2e": str(year.surplus_gco2e),
        "deficitGco2e": str(year.deficit_gco2e),
        "outsideGco2e": str(year.outside_gco2e),
        "carriedInGco2e": str(plan.carried_in_gco2e),
        "nettedGco2e": str(plan.netted_gco2e),
        "creditGco2e": str(plan.credit_gco2e),
        "bufferGco2e": str(plan.buffer_gco2e),
        "carriedOutGco2e": str(plan.carried_out_gco2e),
    }
    content |= _membership(year)
    if policy.path is not None and policy.path.backcast:
        content["policyBackcast"] = True
    if policy.guards.whole_years_only:
        content["gapSeconds"] = year.gap_s
        content["withheldBecause"] = None if year.withheld is None else str(year.withheld)
    for budget in policy.categories:
        content[f"category.{budget.category}"] = _category(year, budget.category)
    for entry in year.months:
        content[f"month.{entry.category}.{member.vintage}-{entry.month:02d}"] = _month(entry)
    for at, line in enumerate(year.lines):
        content[f"line.{at:04d}"] = line.fields(member.vintage)
    for at, memo in enumerate(memos):
        told: Json = {"vintage": memo.vintage, "amountGco2e": str(memo.amount_gco2e), "reason": memo.reason}
        content[f"memo.{at:04d}"] = told
    return content


def findings_of(values: Mapping[str, Any]) -> list[str]:
    """Sums in a document that do not agree, as sentences; empty if all do. Missing or malformed fields are findings."""
    try:
        return _findings(values)
    except (KeyError, TypeError, ValueError, AttributeError) as failure:
        return [f"a field is missing or malformed: {failure!r}"]


def _findings(values: Mapping[str, Any]) -> list[str]:
    def grams(name: str) -> int:
        return int(values[name])

    months = {name: entry for name, entry in values.items() if name.startswith("month.")}
    lines = [entry for name, entry in values.items() if name.startswith("line.")]
    available = grams("surplusGco2e") + grams("carriedInGco2e")
    used = sum(grams(name) for name in ("nettedGco2e", "creditGco2e", "bufferGco2e", "carriedOutGco2e"))
    checks = {
        "the budget is the sum of its months": grams("budgetGco2e")
        == sum(int(entry["budgetGco2e"]) for entry in months.values()),
        "the footprint is the sum of its months": grams("footprintGco2e")
        == sum(int(entry["footprintGco2e"]) for entry in months.values()),
        "the bound is the sum of its months and the margin": grams("boundGco2e")
        == sum(int(entry["boundGco2e"]) for entry in months.values()) + grams("marginGco2e"),
        "the surplus is budget less bound, or nothing": grams("surplusGco2e")
        in {0, max(0, grams("budgetGco2e") - grams("boundGco2e"))},
        "the deficit is footprint less budget, or nothing": grams("deficitGco2e")
        == max(0, grams("footprintGco2e") - grams("budgetGco2e")),
        "what was left over was netted, minted, buffered or carried": available == used,
    }
    for name, entry in months.items():
        _, category, month = name.split(".")
        own = sum(int(line["gco2e"]) for line in lines if (line["category"], line["month"]) == (category, month))
        checks[f"{category} reported in {month} is the sum of its lines"] = int(entry["reportedGco2e"]) == own
    return [f"not so: {sentence}" for sentence, holds in checks.items() if not holds]
