"""The factor catalogue as a set: loaded from `catalogue/*.toml`, frozen for a vintage, named by its digest."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files

from backend.footprint.factor import Factor, FactorMalformed, factor_of
from backend.footprint.rung import ladder_table
from backend.kernel.digest import digest_of
from backend.kernel.errors import NotFound

NOT_FACTORS = frozenset({"places.toml"})


class FactorNotFound(NotFound):
    """No factor has that id."""

    code = "footprint.factor_not_found"

    def __init__(self, factor_id: str) -> None:
        super().__init__(f"no factor has the id {factor_id[:80]!r}", factor=factor_id[:80])


@dataclass(frozen=True)
class FactorSet:
    """Factors by id, and by kind and place. Two sets with the same factors have the same digest, in any order."""

    by_id: dict[str, Factor]
    _by_place: dict[tuple[str, str], tuple[Factor, ...]] = field(repr=False, compare=False)
    _proxies: dict[tuple[str, str], tuple[Factor, ...]] = field(repr=False, compare=False)
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, factors: Iterable[Factor]) -> "FactorSet":
        """A set of factors; raises FactorMalformed if two share an id."""
        by_id: dict[str, Factor] = {}
        by_place: dict[tuple[str, str], list[Factor]] = {}
        proxies: dict[tuple[str, str], list[Factor]] = {}
        for factor in factors:
            if factor.id in by_id:
                raise FactorMalformed(factor.id, "two factors have this id")
            by_id[factor.id] = factor
            by_place.setdefault((factor.kind, factor.region), []).append(factor)
            for proxy in factor.proxies:
                proxies.setdefault((proxy.kind, proxy.place), []).append(factor)
        passports = [by_id[name].passport() for name in sorted(by_id)]
        return cls(
            by_id,
            {key: tuple(rows) for key, rows in by_place.items()},
            {key: tuple(rows) for key, rows in proxies.items()},
            digest_of({"factors": passports, "ladder": ladder_table()}),
        )

    def frozen_before(self, opening: date) -> "FactorSet":
        """The factors published before a day: what a vintage that opens on it may use, for ever."""
        return FactorSet.of(factor for factor in self.by_id.values() if factor.published_on < opening)

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


def _latest(factors: Iterable[Factor], year: int) -> Factor | None:
    past = [factor for factor in factors if factor.year <= year]
    return max(past, key=lambda factor: (factor.year, factor.revision, factor.id), default=None)


def parse_factors(text: str) -> list[Factor]:
    """Factors of one catalogue file: `[[factor]]` tables over the file's `[defaults]`. Raises FactorMalformed."""
    document = tomllib.loads(text)
    defaults = document.get("defaults", {})
    return [factor_of({**defaults, **row}) for row in document.get("factor", [])]


@cache
def catalogue() -> FactorSet:
    """Everything shipped."""
    folder = files("backend.footprint").joinpath("catalogue")
    names = sorted(
        entry.name for entry in folder.iterdir() if entry.name.endswith(".toml") and entry.name not in NOT_FACTORS
    )
    return FactorSet.of(factor for name in names for factor in parse_factors(folder.joinpath(name).read_text("utf-8")))
