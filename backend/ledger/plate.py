"""What tells one vehicle from another: its plate, less what two people would write differently.

Spaces, dashes, case and invisible characters do not count, compatible forms (full width, other scripts' digits) are
one, and O and 0, I, l and 1 are the same. Cased letters of other scripts are refused: Greek and Cyrillic ones look like
Latin ones, and plates are made so that they do. Letters without case stay (`川A12345`).
"""

import hmac
import unicodedata
from hashlib import sha256

from backend.footprint.place import place_of
from backend.kernel.errors import InvalidInput
from backend.kernel.text import letters_and_digits, require_plain

PLATE_LIMIT = 32
_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1"})
_LIKE_LATIN = "LISU "
"""The one script without case whose letters are drawn like Latin capitals."""


class PlateMalformed(InvalidInput):
    """No plate number, or one too long to be one."""

    code = "vehicle.plate_malformed"

    def __init__(self) -> None:
        super().__init__(f"give the plate number: 1 to {PLATE_LIMIT} letters and digits", limit=PLATE_LIMIT)


class PlateUnreadable(InvalidInput):
    """A letter that may look like a Latin one: two spellings would make two vehicles."""

    code = "vehicle.plate_unreadable"

    def __init__(self, letter: str) -> None:
        super().__init__(
            f"the plate holds {letter!r}, which may look like a Latin letter; type what it looks like, in A-Z and 0-9",
            letter=letter,
        )


def plate_key(plate: str) -> str:
    """The folded plate, the same for every spelling of it; raises PlateMalformed, PlateUnreadable, ControlCharacter."""
    require_plain("plate", plate)
    folded = letters_and_digits(plate)
    if not folded or len(folded) > PLATE_LIMIT:
        raise PlateMalformed
    for letter in folded:
        is_caseless = unicodedata.category(letter) == "Lo" and not unicodedata.name(letter, "").startswith(_LIKE_LATIN)
        if not letter.isascii() and not is_caseless:
            raise PlateUnreadable(letter)
    return folded.translate(_ALIKE)


def plate_hash(pepper: bytes, place: str, plate: str) -> bytes:
    """Names a vehicle of a nation without telling its plate. Raises PlaceUnknown and what `plate_key` raises."""
    parts = ("tanyu vehicle", place_of(place).nation, plate_key(plate))
    return hmac.digest(pepper, b"\0".join(part.encode() for part in parts), sha256)
