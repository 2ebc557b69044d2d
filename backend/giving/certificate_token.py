"""What a certificate's file tells of itself, so that whoever checks it can make it again: which deed, in which
language, under which words. Pure. It proves nothing: the file made anew from the chain must be the same to the byte.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from backend.access.language import Language
from backend.giving.dedication import Dedication, DedicationInvalid
from backend.giving.deed import DeedIdMalformed, deed_place
from backend.kernel.digest import Json, canonical_json
from backend.kernel.errors import InvalidInput

_MARK = "tanyu-certificate-1-"
_TOKEN = re.compile(rb"tanyu-certificate-1-([A-Za-z0-9_-]{1,4000})")

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, DeedIdMalformed, DedicationInvalid)
"""What reading a token that somebody else wrote may fail with."""


class CertificateUnreadable(InvalidInput):
    """Not a certificate of ours, or one that lost what it told of itself."""

    code = "certificate.unreadable"

    def __init__(self) -> None:
        super().__init__("this file is no certificate of Tanyu, or was changed: a program that saves a PDF rewrites it")


@dataclass(frozen=True)
class Token:
    """`titled`: the campaign's title stands on it. `edition`: of the setting it was made with."""

    deed_id: str
    language: Language
    edition: str
    titled: bool
    dedication: Dedication | None

    def text(self) -> str:
        """As it stands in the file."""
        told: dict[str, Json] = {
            "id": self.deed_id,
            "language": self.language,
            "edition": self.edition,
            "titled": self.titled,
            "words": None if self.dedication is None else self.dedication.words,
            "salt": None if self.dedication is None else self.dedication.salt.hex(),
        }
        return _MARK + urlsafe_b64encode(canonical_json(told)).rstrip(b"=").decode()


def token_in(file: bytes) -> Token:
    """The token of a certificate's file. Raises CertificateUnreadable."""
    found = _TOKEN.search(file)
    if found is None:
        raise CertificateUnreadable
    try:
        told = json.loads(urlsafe_b64decode(found[1] + b"=" * (-len(found[1]) % 4)))
        deed_place(told["id"])
        dedication = None if told["words"] is None else Dedication(told["words"], bytes.fromhex(told["salt"]))
        language: Language = "zh" if told["language"] == "zh" else "en"
        return Token(told["id"], language, str(told["edition"]), told["titled"] is True, dedication)
    except _UNREADABLE as failure:
        raise CertificateUnreadable from failure
