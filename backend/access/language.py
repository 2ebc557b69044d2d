"""Which of our two languages a reader wants."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]


def quality(parameters: str) -> int:
    """A q-value in thousandths (RFC 9110 section 12.4.2); 1000 if absent, 0 if malformed."""
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1000
    whole, _, thousandths = value.strip().partition(".")
    digits = whole + thousandths.ljust(3, "0")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) == 4 else 0


def language_of(asked: str | None, accept_language: str) -> Language:
    """What was asked for, if we have it; else the better liked of ours in an Accept-Language header; else English."""
    if asked is not None and asked.lower().partition("-")[0] == "zh":
        return "zh"
    if asked is not None and asked.lower().partition("-")[0] == "en":
        return "en"
    liked = {"en": 0, "zh": 0}
    for choice in accept_language.split(","):
        tag, _, parameters = choice.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in liked:
            liked[language] = max(liked[language], quality(parameters))
    return "zh" if liked["zh"] > liked["en"] else "en"


_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""What says a terminal's language, the strongest first (POSIX)."""


def terminal_language(asked: Language | None, environment: Mapping[str, str]) -> Language:
    """What was asked for; else by the first variable of the locale that is set, such as `LANG=zh_CN.UTF-8`."""
    if asked is not None:
        return asked
    locale = next((text for name in _LOCALE if (text := environment.get(name))), "")
    return "zh" if locale.lower().startswith("zh") else "en"
