"""The catalogue's lint: what must not be shipped, and what somebody should look at again.

Faults break the build: a row without source, a value outside its own interval, a group's mean taken for one person, an
inline judgement that the table does not know, a changed row under a recorded digest. A figure past its review date is
a warning, since time alone must not turn a build red.
"""

from collections.abc import Iterable
from datetime import date
from importlib.resources import files

from backend.footprint.factor import Factor, FactorMalformed
from backend.footprint.factor_file import parse_factors, shipped_factors
from backend.footprint.factors import catalogue
from backend.footprint.freeze import FreezeBroken, freezes, set_of_freeze
from backend.footprint.judgement import judgements
from backend.footprint.kind import KINDS
from backend.footprint.place import places
from backend.footprint.pollutant import PollutantMalformed, pollutant_table
from backend.footprint.refusal import refusals
from backend.footprint.revision import revisions


def factor_faults(factor: Factor) -> list[str]:
    """What is wrong with a row that is whole in itself."""
    nations = {place.nation for place in places().values()}
    found: list[str] = []
    if factor.region not in places():
        found.append(f"{factor.id}: no place is called {factor.region}")
    found += [
        f"{factor.id}: it stands in for {proxy.kind} in {proxy.place}, which is no kind or nation"
        for proxy in factor.proxies
        if proxy.place not in nations or proxy.kind not in KINDS
    ]
    found += [
        f"{factor.id}: it stands in for {proxy.place}, its own country"
        for proxy in factor.proxies
        if factor.region in places() and places()[factor.region].nation == proxy.place
    ]
    known = {row.half_width_bps for row in judgements().values() if factor.kind in row.kinds}
    if factor.uncertainty.basis == "judgement" and factor.uncertainty.half_width_bps not in known:
        found.append(f"{factor.id}: the judgement table has no such half-width for {factor.kind}")
    return found


def file_faults(name: str, text: str) -> list[str]:
    """What is wrong with one catalogue file; the first malformed row ends it."""
    try:
        return [f"{name}: {fault}" for factor in parse_factors(text) for fault in factor_faults(factor)]
    except FactorMalformed as failure:
        return [f"{name}: {failure.message}"]


def faults() -> list[str]:
    """Everything wrong with what is shipped."""
    folder = files("backend.footprint").joinpath("catalogue")
    found: list[str] = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".toml"):
            found += file_faults(entry.name, entry.read_text("utf-8"))
    if found:
        return found
    found += [
        f"revision {one.number}: its rows give another digest than recorded; add rows, never change them"
        for one in revisions()
        if catalogue(one.number).digest != one.digest
    ]
    for one in freezes():
        try:
            set_of_freeze(one)
        except FreezeBroken as failure:
            found.append(failure.message)
    try:
        pollutant_table()
    except PollutantMalformed as failure:
        found.append(failure.message)
    return found + _refusal_faults()


def _refusal_faults() -> list[str]:
    return [
        f"refusal: {name} is no {what}"
        for refusal in refusals()
        for what, names, known in (("kind", refusal.kinds, set(KINDS)), ("place", refusal.places, set(places())))
        for name in sorted(names - known)
    ]


def warnings(today: date, factors: Iterable[Factor] = ()) -> list[str]:
    """Figures past their review date that nothing of a later year has replaced: look whether a newer one exists."""
    rows = list(factors) or [one for one in shipped_factors() if one.withdrawn is None]
    newest: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row.kind, row.region)
        newest[key] = max(newest.get(key, 0), row.year)
    return [
        f"{row.id}: to be reviewed by {row.review_by}; look whether a newer figure exists"
        for row in rows
        if row.past_review(today) and row.year == newest[row.kind, row.region] and not row.reference
    ]
