"""Those whom a city's expressions leave to the per-person code: closed one by one, from the same rows. No framework."""

from backend.footprint.factors import FactorSet
from backend.footprint.kind import Category
from backend.footprint.line import rate_of
from backend.footprint.place import place_of
from backend.footprint.selection import choose
from backend.ledger.city_rates import THOUSANDTHS, specimen
from backend.ledger.city_rows import PersonRows
from backend.ledger.policy import Policy
from backend.ledger.statement import Year, close_sums
from backend.ledger.sums import Sum, Sums


def close_rows(rows: PersonRows, policy: Policy, factors: FactorSet) -> Year:
    """A person's year from its rows, by integers of any size. Raises FactorUnknown, BasisMismatch."""
    zone = place_of(policy.region).zone
    known: dict[tuple[str, str, int], Sum] = {}
    sums: Sums = {}
    covered_s: dict[tuple[Category, int], int] = {}
    for line in rows.lines:
        if line.category >= 0:
            covered_s[policy.categories[line.category].category, line.month] = line.covered_s
        if not line.kind:
            continue
        key = (line.kind, line.place, line.month)
        if key not in known:
            one = known[key] = specimen(line.kind, line.place, rate_of(choose(factors, *key[:2], policy.vintage)))
            sums.setdefault((one.reading.activity.kind.category, line.month), []).append(one)
        one, quantity = known[key], (line.quantity, THOUSANDTHS)
        gco2e = one.rate.grams_up(quantity, line.part_numerator, line.part_denominator)
        one.gco2e += gco2e
        one.extra_gco2e += one.rate.grams_up(quantity, line.least_numerator, line.least_denominator) - gco2e
        one.is_signed &= line.is_signed
    gaps_s: dict[tuple[Category, int], int] = {}
    moving_s = rows.moving_s
    for budget in policy.categories:
        for month, span in rows.member.spans(zone).items():
            open_s = span.seconds - covered_s.get((budget.category, month), 0)
            moved_s = min(moving_s, open_s)  # in which month the person moved is not in its rows; the year has it all
            gaps_s[budget.category, month], moving_s = open_s - moved_s, moving_s - moved_s
    return close_sums(
        policy=policy,
        member=rows.member,
        zone=zone,
        factors=factors,
        sums=sums,
        covered_s=covered_s,
        gaps_s=gaps_s,
        is_held=rows.is_held,
    )
