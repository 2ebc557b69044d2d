"""Which of our two languages a reader wants."""

from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]


def _quality(parameters: str) -> int:
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
            liked[language] = max(liked[language], _quality(parameters))
    return "zh" if liked["zh"] > liked["en"] else "en"
