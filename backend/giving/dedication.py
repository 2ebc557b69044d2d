"""Words that a retirement is dedicated with: a name, or an occasion. The chain holds their salted digest only. Pure.

Whoever has words and salt can show that they were meant from the beginning; nobody can find them without, and nobody
can put others in their place.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass

from backend.kernel.digest import sha256
from backend.kernel.errors import InvalidInput, RuleViolated
from backend.kernel.text import seen

WORDS_CHARS_MAX = 120
SALT_BYTES = 16
MARKS_MAX = 4
"""Combining marks on one letter; more of them would climb out of their line."""

_TAG = b"\x05"


class DedicationInvalid(InvalidInput):
    """Words that could not be read by everybody as they were meant, or a salt of another length."""

    code = "dedication.invalid"

    def __init__(self, part: str, expected: str) -> None:
        super().__init__(f"the dedication's {part} must be {expected}", part=part, expected=expected)


class DedicationMismatch(RuleViolated):
    """Other words, or another salt, than the retirement was dedicated with."""

    code = "dedication.mismatch"

    def __init__(self) -> None:
        super().__init__("words and salt do not give the digest that the chain holds; give both exactly as they were")


def plain_words(words: str) -> str:
    """Words in one line as they are committed to: composed (NFC), single spaces. Raises DedicationInvalid for none, too
    many, and characters that show nothing or turn the direction of others.
    """
    found = " ".join(unicodedata.normalize("NFC", words).split())
    if not 1 <= len(found) <= WORDS_CHARS_MAX:
        raise DedicationInvalid("words", f"1 to {WORDS_CHARS_MAX} characters")
    if any(not seen(one) for one in found):
        raise DedicationInvalid("words", "letters, digits, marks and signs that everybody sees")
    marks = "".join("m" if unicodedata.category(one) in {"Mn", "Me"} else "." for one in found)
    if re.search("m" * (MARKS_MAX + 1), marks):
        raise DedicationInvalid("words", f"letters with at most {MARKS_MAX} marks each")
    return found


@dataclass(frozen=True)
class Dedication:
    """Words in their plain form, and the salt that keeps them from being guessed."""

    words: str
    salt: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_BYTES:
            raise DedicationInvalid("salt", f"{SALT_BYTES} bytes")
        if plain_words(self.words) != self.words:
            raise DedicationInvalid("words", "composed (NFC), in one line, with single spaces")

    @classmethod
    def of(cls, words: str) -> "Dedication":
        """Words under a fresh salt; raises DedicationInvalid."""
        return cls(plain_words(words), secrets.token_bytes(SALT_BYTES))

    @property
    def digest(self) -> bytes:
        """SHA-256(0x05 || salt || UTF-8 words): the `ref` of the retirement."""
        return sha256(_TAG + self.salt + self.words.encode())
