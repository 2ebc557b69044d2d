"""How a person looks at the pages: language, size, light or dark, with or without a mouse; and who gets which.

Every story is told once in a usual run. Between them the stories meet every pair of two choices (language with size,
size with keyboard, ...); the long profile tells each story in all sixteen ways.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

Language = Literal["en", "zh"]
Size = Literal["desktop", "mobile"]
Theme = Literal["light", "dark"]
Hands = Literal["mouse", "keyboard"]

VIEWPORTS = {"desktop": (1280, 900), "mobile": (360, 740)}
"""Width and height in CSS pixels."""

LOCALES = {"en": "en-GB", "zh": "zh-CN"}


@dataclass(frozen=True)
class Look:
    """One way to look at the pages."""

    language: Language = "en"
    size: Size = "desktop"
    theme: Theme = "light"
    hands: Hands = "mouse"

    def __str__(self) -> str:
        return f"{self.language}-{self.size}-{self.theme}-{self.hands}"


LANGUAGES: tuple[Language, ...] = ("en", "zh")
SIZES: tuple[Size, ...] = ("desktop", "mobile")
THEMES: tuple[Theme, ...] = ("light", "dark")
HANDS: tuple[Hands, ...] = ("mouse", "keyboard")

ALL = tuple(Look(*each) for each in product(LANGUAGES, SIZES, THEMES, HANDS))

LOOK_OF_STORY = {
    "household": Look("en", "desktop", "light", "mouse"),
    "trader": Look("en", "desktop", "dark", "keyboard"),
    "donor": Look("zh", "mobile", "light", "mouse"),
    "applicant": Look("zh", "mobile", "dark", "mouse"),
    "debtor": Look("en", "mobile", "light", "keyboard"),
    "charity": Look("en", "desktop", "light", "mouse"),
    "round": Look("zh", "desktop", "light", "keyboard"),
    "verifier": Look("zh", "desktop", "light", "keyboard"),
    "auditor": Look("en", "desktop", "light", "keyboard"),
    "guardian": Look("en", "mobile", "dark", "keyboard"),
    "newcomer": Look("en", "mobile", "light", "mouse"),
    "operator": Look("zh", "desktop", "dark", "mouse"),
    "wallet": Look("zh", "mobile", "light", "keyboard"),
    "year": Look("zh", "desktop", "dark", "keyboard"),
    "housemates": Look("en", "mobile", "dark", "mouse"),
    "appeal": Look("zh", "mobile", "light", "mouse"),
    "mover": Look("zh", "mobile", "dark", "keyboard"),
    "account": Look("zh", "mobile", "light", "keyboard"),
}
"""By the word after `test_` in the name of the story's file."""


def looks_of(module: str, *, full: bool) -> Sequence[Look]:
    """In which ways the stories of a test file are told; `module` as in `tests.browser.test_household`."""
    story = module.rpartition(".test_")[2]
    return ALL if full else (LOOK_OF_STORY[story],)
