"""Revisions of the catalogue: append-only, each known by the digest of the whole set (`rules/revisions.toml`)."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from backend.kernel.errors import NotFound


class RevisionUnknown(NotFound):
    """The catalogue has no such revision."""

    code = "footprint.revision_unknown"

    def __init__(self, number: int) -> None:
        super().__init__(f"the catalogue has no revision {number}", revision=number, newest=head_revision())


@dataclass(frozen=True)
class Revision:
    """One state of the catalogue. A row never changes: a better figure enters as a row of a higher revision."""

    number: int
    on: date
    digest: bytes
    note: str


@cache
def revisions() -> tuple[Revision, ...]:
    """Every revision, oldest first."""
    text = files("backend.footprint").joinpath("rules", "revisions.toml").read_text("utf-8")
    return tuple(
        Revision(row["number"], row["on"], bytes.fromhex(row["digest"]), row["note"])
        for row in tomllib.loads(text)["revision"]
    )


def head_revision() -> int:
    """The number of the newest revision."""
    return revisions()[-1].number


def revision_of(number: int) -> Revision:
    """The revision of a number; raises RevisionUnknown."""
    found = next((one for one in revisions() if one.number == number), None)
    if found is None:
        raise RevisionUnknown(number)
    return found
