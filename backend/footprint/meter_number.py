"""What tells one meter from another: the number as printed, less what two people would write differently.

Spaces, dashes, case, leading zeros and invisible characters do not count, compatible forms (full width, other scripts'
digits) are one, and letters that look like a digit or like each other are the same: O and 0, I, l and 1, rn and m
(Unicode UTS 39 confusables within ASCII), and what is misread on a worn plate: B and 8, G and 6, S and 5, Z and 2.
Letters of other scripts are refused, since many look like Latin ones.
"""

import re

from backend.kernel.errors import InvalidInput
from backend.kernel.text import letters_and_digits

_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1", "b": "8", "g": "6", "s": "5", "z": "2"})


class MeterUnreadable(InvalidInput):
    """A letter that is neither Latin nor a digit: it may look like one, and two spellings would make two meters."""

    code = "activity.meter_unreadable"

    def __init__(self, letter: str) -> None:
        super().__init__(
            f"the meter's number holds {letter!r}, neither Latin letter nor digit; type it as printed, in a-z and 0-9",
            letter=letter,
        )


class MeterMangled(InvalidInput):
    """A spreadsheet has made a power of ten of the number, and its last digits are gone."""

    code = "activity.meter_mangled"

    def __init__(self, number: str) -> None:
        super().__init__(
            f"the meter's number {number[:20]!r} was shortened by a spreadsheet; format the column as text and type it",
            meter=number[:20],
        )


def meter_key(number: str) -> str:
    """The folded number, the same for every spelling of it; empty if no letter or digit is left.

    Raises MeterUnreadable, MeterMangled.
    """
    if re.fullmatch(r"\s*[0-9][.,][0-9]+E\+[0-9]+\s*", number, re.IGNORECASE):
        raise MeterMangled(number.strip())
    folded = letters_and_digits(number)
    for letter in folded:
        if not letter.isascii():
            raise MeterUnreadable(letter)
    alike = folded.replace("rn", "m").translate(_ALIKE)
    return alike.lstrip("0") or alike[:1]
