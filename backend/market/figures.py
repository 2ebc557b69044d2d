"""Kilograms and money as a trader writes and reads them, exact: what is no whole lot or base unit is refused, not
rounded.
"""

import re

from backend.access.figures import decimal_text
from backend.chain.clear_signing import Money
from backend.kernel.errors import InvalidInput

TOKEN = Money("TTD", 6)
"""The local chain's payment token; the stablecoins that stand in its place elsewhere have 6 decimals too."""

_DECIMAL = re.compile(r"([0-9]{1,30})(?:\.([0-9]{1,30}))?")


class FigureInexact(InvalidInput):
    """Not a decimal number, or finer than what it counts."""

    code = "market.figure_inexact"

    def __init__(self, field: str, text: str, expected: str) -> None:
        super().__init__(f"{field} is {text[:80]!r}; expected {expected}", field=field, expected=expected)


def lots_in(text: str) -> int:
    """Lots of a text such as `12` or `12.000`, in kg. Raises FigureInexact."""
    return _units("the amount", text, 0, "whole kilograms above 0, such as 12")


def base_units_in(text: str) -> int:
    """Base units of a price such as `0.125`, in payment tokens. Raises FigureInexact."""
    expected = f"{TOKEN.symbol} above 0 with at most {TOKEN.decimals} decimals, such as 0.125"
    return _units("the price", text, TOKEN.decimals, expected)


def money_text(base_units: int) -> str:
    """Base units as money: `1,000.5 TTD`."""
    return f"{price_text(base_units)} {TOKEN.symbol}"


def price_text(base_units: int) -> str:
    """The same without the token's name, for a column that says it."""
    return decimal_text(base_units, TOKEN.decimals)


def _units(field: str, text: str, decimals: int, expected: str) -> int:
    found = _DECIMAL.fullmatch(text.strip())
    places = "" if found is None else (found[2] or "").rstrip("0")
    if found is None or len(places) > decimals:
        raise FigureInexact(field, text, expected)
    units = int(found[1] + places.ljust(decimals, "0"))
    if not units:
        raise FigureInexact(field, text, expected)
    return units
