"""Asking the catalogue: which set, and which of its factors."""

from datetime import date

from backend.footprint.factor import Factor
from backend.footprint.factors import FactorSet, catalogue
from backend.footprint.freeze import frozen_for
from backend.footprint.kind import kind_of
from backend.footprint.place import place_of, places
from backend.kernel.errors import InvalidInput


class FactorSetAmbiguous(InvalidInput):
    """A vintage names its set already; a revision or a day beside it could only contradict it."""

    code = "footprint.set_ambiguous"

    def __init__(self) -> None:
        super().__init__("give a vintage, or a revision or a day, not both", accepted=["vintage", "revision, before"])


def set_of(before: date | None = None, vintage: int | None = None, revision: int | None = None) -> FactorSet:
    """What a vintage may use; or a revision of the catalogue (the newest if none is named), or what of it was published
    before a day. Raises FactorSetAmbiguous, RevisionUnknown, FreezeBroken.
    """
    if vintage is not None:
        if before is not None or revision is not None:
            raise FactorSetAmbiguous
        return frozen_for(vintage)
    found = catalogue(revision)
    return found if before is None else found.frozen_before(before)


def _text(factor: Factor) -> str:
    place = places()[factor.region].name
    words = (factor.id, factor.kind, factor.region, place, str(factor.year), factor.document, factor.table)
    return " ".join((*words, factor.boundary_note, factor.reference, factor.status)).casefold()


def find_factors(
    factors: FactorSet, kind: str | None = None, region: str | None = None, search: str | None = None
) -> list[Factor]:
    """Factors of a kind and region that hold every word searched for, in order of id.

    Raises KindUnknown, PlaceUnknown.
    """
    wanted_kind = kind_of(kind).name if kind is not None else None
    wanted_region = place_of(region).code if region is not None else None
    words = (search or "").casefold().split()
    return [
        factor
        for _, factor in sorted(factors.by_id.items())
        if wanted_kind in {None, factor.kind}
        and wanted_region in {None, factor.region}
        and all(word in _text(factor) for word in words)
    ]
