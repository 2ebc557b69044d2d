"""What a policy's rules and guards are called where people read them. The file's own names are for programs."""

from collections.abc import Callable, Mapping

from backend.access.figures import percent_text

RULE_WORDS: Mapping[str, str] = {
    "region_cap_note": "where the region's cap comes from",
    "minimum_batch": "fewest people in a batch",
    "mint_step_kg": "credits mint in whole",
    "buffer_bps": "on top of a mint, to the buffer",
    "haircut_d_bps": "taken off what a document saves, not a delivery",
    "child_share_bps": "a child's share of an adult's budget",
    "child_share_note": "where the child's share comes from",
    "majority_age": "of age at",
    "month_measured_bps": "a month is measured from",
    "year_measured_bps": "a year mints from, of its budget measured",
    "settle_within_days": "a deficit is settled within, after its year",
    "settle_regions": "a deficit is settled by credits of its region, and of",
    "settle_regions_note": "why credits of those regions settle",
}
GUARD_WORDS: Mapping[str, str] = {
    "whole_years_only": "only a whole year mints, without a gap",
    "gap_holds_vintages": "years that mint nothing after one with a gap",
    "told_within_days": "a move counts from so long before it was told",
    "least_shares": "a share is no smaller than among those who live nowhere else",
    "every_kind": "every way of travelling and every stream of a home is told, zeros too",
    "year_at_once": "what documents save is weighed over the year, not month by month",
}
_IN_UNITS: Mapping[str, Callable[[int], str]] = {
    "_bps": percent_text,
    "_kg": "{:,} kg".format,
    "_days": "{} days".format,
    "_age": "{} years".format,
}


def rule_value(name: str, value: object) -> str:
    """A rule's value with its unit; yes or no for a guard that has none; what is listed with commas between."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return next((told(value) for end, told in _IN_UNITS.items() if name.endswith(end)), str(value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
