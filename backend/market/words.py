"""What the market's commands say, in the reader's language. The words are in a file. Pure."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from backend.access.language import Language
from backend.market.figures import TOKEN

_AT: dict[Language, int] = {"en": 0, "zh": 1}


@cache
def catalogue() -> Mapping[str, Mapping[str, list[str]]]:
    """Columns, rules, values and sentences by name, each in both languages."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))


class Words:
    """The market's words in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._at = _AT[language]

    def says(self, name: str, **figures: object) -> str:
        """A sentence, or a part of one, with its figures. Raises KeyError where there is none of that name."""
        return catalogue()["says"][name][self._at].format(**figures)

    def column(self, name: str) -> str:
        """What a column of a table is called. Raises KeyError where there is none of that name."""
        return catalogue()["columns"][name][self._at].format(token=TOKEN.symbol)

    def value(self, value: str) -> str:
        """The word for a state, a side, a reason of our JSON; the value itself, such as a code, if it has none."""
        return self._known("values", value)

    def rule(self, field: str) -> str:
        """What a rule of a class is called; its own name if it has no word."""
        return self._known("rules", field)

    def _known(self, section: str, name: str) -> str:
        known = catalogue()[section].get(name)
        return name if known is None else known[self._at]


ENGLISH = Words("en")
