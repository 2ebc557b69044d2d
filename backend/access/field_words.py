"""What the fields of our JSON are called where a person reads them, in both languages. The words are in a file."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from backend.access.language import Language

_AT: dict[Language, int] = {"en": 0, "zh": 1}
_UNITS = ("Gco2e", "Bps", "Seconds", "Km")
"""What ends a field's name and is said by its figure."""


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("field_words.toml").read_text("utf-8"))


def unit_of(field: str) -> str:
    """What a field's name ends with that is a unit; empty if nothing."""
    return next((unit for unit in _UNITS if field.endswith(unit)), "")


def field_word(field: str, language: Language) -> str:
    """The word for a field; its own name with spaces if it has none. A dotted name is told part by part."""
    bare = field.removesuffix(unit_of(field))
    if "." in bare:
        return ", ".join(field_word(part, language) for part in bare.split("."))
    known = _words()["fields"].get(bare) or _words()["values"]["category"].get(bare)
    return str(known[_AT[language]]) if known else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", bare).lower()


def value_word(field: str, value: str, language: Language) -> str:
    """The word for what a field with few values says; the value itself if it is none of them."""
    known = _words()["values"].get(field, {}).get(value)
    return str(known[_AT[language]]) if known else value
