"""Integers as people read them: grams as kilograms, base units as money, hashes shortened. Exact; no floating point."""

from datetime import UTC, datetime

GRAMS_IN_KG_DIGITS = 3
PERCENT_DIGITS = 2
"""Places of a per cent that basis points have."""


def decimal_text(units: int, decimals: int, *, least: int = 0) -> str:
    """`units` with the point moved left by `decimals`, thousands separated, trailing zeros cut to `least` places."""
    whole, rest = divmod(abs(units), 10**decimals)
    places = str(rest).zfill(decimals) if decimals else ""
    kept = places.rstrip("0").ljust(least, "0")
    sign = "−" if units < 0 else ""
    return f"{sign}{whole:,}" + (f".{kept}" if kept else "")


def kg_text(amount_gco2e: int) -> str:
    """Kilograms of CO2e, to the gram."""
    return decimal_text(amount_gco2e, GRAMS_IN_KG_DIGITS)


def kg_column(amount_gco2e: int) -> str:
    """The same with its unit and every place, so that amounts stand beneath each other."""
    return f"{decimal_text(amount_gco2e, GRAMS_IN_KG_DIGITS, least=GRAMS_IN_KG_DIGITS)} kg"


def percent_text(part_bps: int) -> str:
    """Basis points as per cent."""
    return f"{decimal_text(part_bps, PERCENT_DIGITS)} %"


def minute_text(at: datetime) -> str:
    """A UTC time to the minute."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def short_hex(text: str) -> str:
    """The ends of a long hex text."""
    return text if len(text) <= 16 else f"{text[:6]}…{text[-4:]}"


def percent_floor(part: int, whole: int) -> int:
    """Whole percent, rounded down; 0 of nothing."""
    return part * 100 // whole if whole else 0
