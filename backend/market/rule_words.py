"""A class's rules as people read them: prices in payment tokens, times of day, shares in per cent, yes and no. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.access.figures import percent_text
from backend.market.figures import TOKEN, price_text
from backend.market.words import Words

_PRICES = frozenset({"tick", "priceMax", "referencePerKg"})
_AMOUNTS = frozenset({"lotsMin", "lotsMax", "lotsHeldMax"})
_TIMES = frozenset({"opensS", "closesS"})


def rule_text(field: str, value: Any, words: Words) -> str:
    """The value of a rule of this name in JSON: base units, kg, basis points and seconds with their units."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return words.says("yes" if value else "no")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(time_text, value)) or words.says("none")
    return _figure(field, value, words)


def _figure(field: str, value: int | str, words: Words) -> str:
    if field in _PRICES:
        return words.says("perKgUnit", price=price_text(int(value)), token=TOKEN.symbol)
    if field in _AMOUNTS:
        return f"{int(value):,} kg"
    if field in _TIMES:
        return time_text(int(value))
    if field.endswith("Bps"):
        return percent_text(int(value))
    return words.says("seconds", count=value) if field.endswith("S") else words.value(str(value))


def change_text(change: Mapping[str, Any], words: Words) -> str:
    """What a rule was, and what it is."""
    field = change["field"]
    before, after = (rule_text(field, change[when], words) for when in ("before", "after"))
    return words.says("changed", rule=words.rule(field), before=before, after=after)


def time_text(second: int) -> str:
    """A time of the day, of seconds after 00:00."""
    text = f"{second // 3600:02}:{second % 3600 // 60:02}:{second % 60:02}"
    return text.removesuffix(":00") if second % 60 == 0 else text
