"""Class ids: region << 80 | vintage << 64 | methodology, each field validated before packing (as CarbonCredit does)."""

import re
from dataclasses import dataclass

from backend.kernel.errors import InvalidInput

SIMULATED = "SIM"
"""Methodology of replayed or simulated data: lives on the local chain only."""

_REGION_BYTES, _METHODOLOGY_BYTES = 6, 8
_FIELD = re.compile(r"[A-Z0-9-]+")
_YEAR = re.compile(r"[0-9]{4}")


class ClassIdMalformed(InvalidInput):
    """A field of a credit class does not fit its place."""

    code = "class.malformed"

    def __init__(self, field: str, value: str, expected: str) -> None:
        super().__init__(
            f"{field} {value!r} of a credit class: {expected}", field=field, value=value, expected=expected
        )


@dataclass(frozen=True)
class ClassId:
    """A credit class in words."""

    region: str
    """ISO 3166-1 or -2 code, up to 6 letters: `CN-SC`."""
    vintage: int
    """Calendar year in which the surplus arose."""
    methodology: str
    """Up to 8 letters; `SIM` for simulated."""

    @property
    def code(self) -> str:
        """`CN-SC/2025/SIM`."""
        return f"{self.region}/{self.vintage}/{self.methodology}"


def _field(name: str, value: str, size: int) -> int:
    if not _FIELD.fullmatch(value) or len(value) > size:
        raise ClassIdMalformed(name, value, f"1 to {size} of A-Z, 0-9 and -")
    return int.from_bytes(value.encode().ljust(size, b"\0"))


def pack(region: str, vintage: int, methodology: str) -> int:
    """The uint256 class id; raises ClassIdMalformed."""
    if not 2000 <= vintage <= 2999:
        raise ClassIdMalformed("vintage", str(vintage), "a year from 2000 to 2999")
    return (
        _field("region", region, _REGION_BYTES) << 80
        | vintage << 64
        | _field("methodology", methodology, _METHODOLOGY_BYTES)
    )


def unpack(class_id: int) -> ClassId:
    """The class in words; raises ClassIdMalformed for an id that pack could not have made."""
    try:
        found = ClassId(
            region=(class_id >> 80).to_bytes(_REGION_BYTES).rstrip(b"\0").decode("ascii"),
            vintage=class_id >> 64 & 0xFFFF,
            methodology=(class_id & (1 << 64) - 1).to_bytes(_METHODOLOGY_BYTES).rstrip(b"\0").decode("ascii"),
        )
        if pack(found.region, found.vintage, found.methodology) == class_id:
            return found
    except (OverflowError, UnicodeDecodeError):
        pass
    raise ClassIdMalformed("id", str(class_id), "region << 80 | vintage << 64 | methodology")


def class_code(class_id: int) -> str:
    """`CN-SC/2025/SIM`; raises ClassIdMalformed."""
    return unpack(class_id).code


def class_named(class_id: int) -> str:
    """Its code, to name it by in a sentence; of what can be no class the id."""
    try:
        return class_code(class_id)
    except ClassIdMalformed:
        return str(class_id)


def parse_code(code: str) -> int:
    """The id of `CN-SC/2025/SIM`, or of the URL-safe `CN-SC~2025~SIM`; raises ClassIdMalformed."""
    parts = code.replace("~", "/").split("/")
    if len(parts) != 3 or not _YEAR.fullmatch(parts[1]):
        raise ClassIdMalformed("code", code, "REGION/VINTAGE/METHODOLOGY, such as CN-SC/2025/SIM")
    return pack(parts[0], int(parts[1]), parts[2])
