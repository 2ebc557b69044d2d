"""The factor catalogue as a set: of a revision, frozen for a vintage, named by its digest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from backend.footprint.factor import Factor, FactorMalformed
from backend.footprint.factor_file import shipped_factors
from backend.footprint.place import places
from backend.footprint.revision import head_revision, revision_of
from backend.footprint.rung import ladder_table
from backend.kernel.digest import Json, digest_of
from backend.kernel.errors import NotFound

Grids = Mapping[str, tuple[str | None, str]]
"""By place: the regional grid that contains it, if any, and its nation."""


class FactorNotFound(NotFound):
    """No factor has that id."""

    code = "footprint.factor_not_found"

    def __init__(self, factor_id: str) -> None:
        super().__init__(f"no factor has the id {factor_id[:80]!r}", factor=factor_id[:80])


@dataclass(frozen=True)
class FactorSet:
    """Factors by id, and by kind and place. Two sets with the same factors have the same digest, in any order."""

    by_id: dict[str, Factor]
    grids: Grids | None = field(repr=False, compare=False)
    """What contains what, as the set's digest has it; the sets of revision 1 say nothing of it."""
    _by_place: dict[tuple[str, str], tuple[Factor, ...]] = field(repr=False, compare=False)
    _proxies: dict[tuple[str, str], tuple[Factor, ...]] = field(repr=False, compare=False)
    digest: bytes = field(repr=False)
    chosen: dict[tuple[str, str, int], object] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was found in it by kind, place and year: `selection.choose` walks each ladder once."""

    @classmethod
    def of(cls, factors: Iterable[Factor], grids: Grids | None = None) -> "FactorSet":
        """A set of factors; raises FactorMalformed if two share an id."""
        by_id: dict[str, Factor] = {}
        by_place: dict[tuple[str, str], list[Factor]] = {}
        proxies: dict[tuple[str, str], list[Factor]] = {}
        for factor in factors:
            if factor.id in by_id:
                raise FactorMalformed(factor.id, "two factors have this id")
            by_id[factor.id] = factor
            if factor.reference:
                continue
            by_place.setdefault((factor.kind, factor.region), []).append(factor)
            for proxy in factor.proxies:
                proxies.setdefault((proxy.kind, proxy.place), []).append(factor)
        return cls(
            by_id,
            grids,
            {key: tuple(rows) for key, rows in by_place.items()},
            {key: tuple(rows) for key, rows in proxies.items()},
            digest_of(_content(by_id, grids)),
        )

    def content(self) -> dict[str, Json]:
        """What the digest is of: every passport, the ladder's widenings, and which place lies in which grid and nation.
        With it anybody can choose and compute as a statement did.
        """
        return _content(self.by_id, self.grids)

    def frozen_before(self, opening: date) -> "FactorSet":
        """The factors published before a day: what a vintage that opens on it may use, for ever."""
        return FactorSet.of((factor for factor in self.by_id.values() if factor.published_on < opening), self.grids)

    def factor(self, factor_id: str) -> Factor:
        """The factor of an id; raises FactorNotFound."""
        if factor_id not in self.by_id:
            raise FactorNotFound(factor_id)
        return self.by_id[factor_id]

    def latest(self, kind: str, place: str, year: int) -> Factor | None:
        """A place's own factor for the latest year not after `year`; of one year, the highest revision."""
        return _latest(self._by_place.get((kind, place), ()), year)

    def latest_proxy(self, kind: str, nation: str, year: int) -> Factor | None:
        """The latest foreign factor declared to stand in for a nation's."""
        return _latest(self._proxies.get((kind, nation), ()), year)

    def kinds(self) -> set[str]:
        """Kinds for which some factor exists."""
        return {kind for kind, _ in self._by_place}


def _content(by_id: Mapping[str, Factor], grids: Grids | None) -> dict[str, Json]:
    content: dict[str, Json] = {
        "factors": [by_id[name].passport() for name in sorted(by_id)],
        "ladder": ladder_table(),
    }
    if grids is not None:
        content["grids"] = {place: [grid or "", nation] for place, (grid, nation) in grids.items()}
    return content


def _latest(factors: Iterable[Factor], year: int) -> Factor | None:
    past = [factor for factor in factors if factor.year <= year]
    return max(past, key=lambda factor: (factor.year, factor.revision, factor.id), default=None)


@cache
def catalogue(revision: int | None = None) -> FactorSet:
    """Everything shipped as of a revision; of the newest if none is named. Raises RevisionUnknown."""
    if revision is None:
        return catalogue(head_revision())
    number = revision_of(revision).number
    grids = {one.code: (one.grid, one.nation) for one in places().values() if one.entered <= number}
    return FactorSet.of(
        (
            factor
            for factor in shipped_factors()
            if factor.entered <= number and (factor.withdrawn is None or number < factor.withdrawn)
        ),
        grids if number > 1 else None,
    )
