"""Frozen sets: what each vintage may use, recorded with its digest (`rules/freezes.toml`), so that it stays computable.

A vintage's set holds what was published before the vintage opened, as of the revision of the catalogue that the record
names; later rows never enter it by themselves. A record may be amended by a later one of the same vintage (ADR 0014).
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from backend.footprint.factors import FactorSet, catalogue
from backend.footprint.revision import head_revision, revisions
from backend.kernel.digest import to_hex
from backend.kernel.errors import NotFound, RuleViolated


class FreezeBroken(RuleViolated):
    """The rows a freeze was made of are no longer what they were: somebody edited a row instead of adding one."""

    code = "footprint.freeze_broken"

    def __init__(self, vintage: int, expected: bytes, found: bytes) -> None:
        super().__init__(
            f"the factor set of vintage {vintage} is recorded as {to_hex(expected)}, but its rows give {to_hex(found)}",
            vintage=vintage,
            expected=to_hex(expected),
            found=to_hex(found),
        )


class FactorSetUnknown(NotFound):
    """No revision of the catalogue and no frozen set has that digest."""

    code = "footprint.factor_set_unknown"

    def __init__(self, digest: bytes) -> None:
        super().__init__(f"no factor set has the digest {to_hex(digest)}", digest=to_hex(digest))


@dataclass(frozen=True)
class Freeze:
    """One record: a vintage's set as of a revision of the catalogue."""

    vintage: int
    revision: int
    on: date
    digest: bytes
    note: str


@cache
def freezes() -> tuple[Freeze, ...]:
    """Every record, the amended ones too, in the order they were made."""
    text = files("backend.footprint").joinpath("rules", "freezes.toml").read_text("utf-8")
    return tuple(
        Freeze(row["vintage"], row["revision"], row["on"], bytes.fromhex(row["digest"]), row["note"])
        for row in tomllib.loads(text)["freeze"]
    )


@cache
def _set_of(vintage: int, revision: int) -> FactorSet:
    return catalogue(revision).frozen_before(date(vintage, 1, 1))


def set_of_freeze(freeze: Freeze) -> FactorSet:
    """The set of a record; raises FreezeBroken if its digest is no longer the recorded one."""
    found = _set_of(freeze.vintage, freeze.revision)
    if found.digest != freeze.digest:
        raise FreezeBroken(freeze.vintage, freeze.digest, found.digest)
    return found


def frozen_for(vintage: int) -> FactorSet:
    """The set of a vintage by its last record; of a vintage without one, what the newest revision has so far.

    Raises FreezeBroken.
    """
    recorded = [one for one in freezes() if one.vintage == vintage]
    return set_of_freeze(recorded[-1]) if recorded else _set_of(vintage, head_revision())


def factor_set(digest: bytes) -> FactorSet:
    """The revision or frozen set of a digest; raises FactorSetUnknown, FreezeBroken."""
    for freeze in freezes():
        if freeze.digest == digest:
            return set_of_freeze(freeze)
    for revision in revisions():
        if revision.digest == digest:
            return catalogue(revision.number)
    raise FactorSetUnknown(digest)
