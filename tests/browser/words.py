"""The pages' sentences, from the catalogues they themselves read: to find things by what a person reads there."""

import json
import re
from dataclasses import dataclass
from functools import cache

from backend.api.web import WEB
from tests.browser.looks import Language

SOURCES = WEB / "src"


@cache
def _catalogue(room: str, language: Language) -> dict[str, str]:
    folders = (SOURCES / "words",) if room == "shell" else (SOURCES / "pages" / room, SOURCES / "parts" / room)
    file = next(path for folder in folders if (path := folder / f"words.{language}.json").exists())
    found: dict[str, str] = json.loads(file.read_text("utf-8"))
    return found


@dataclass(frozen=True)
class Words:
    """The sentences of a language: `words["my.title"]`, `words.like("trade.cost")` where values stand in it."""

    language: Language

    def __getitem__(self, key: str) -> str:
        """The sentence of a key such as `my.title`, as it stands in the catalogue."""
        room, _, name = key.partition(".")
        return _catalogue(room, self.language)[name]

    def like(self, key: str) -> re.Pattern[str]:
        """A pattern of the sentence with whatever in the places of its `{values}`."""
        return re.compile(".*?".join(map(re.escape, re.split(r"\{\w+\}", self[key]))))
