"""Budget policies: versioned data that says how much a person and year may emit, per category, and how it was derived.

No scalar budget: each category's budget has the gas basis and boundary of that category's factors, and is only ever
compared with a footprint of the same.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from backend.chain.class_id import ClassId, pack
from backend.footprint.factor import BOUNDARIES, GAS_BASES
from backend.footprint.kind import Category
from backend.footprint.place import PlaceUnknown
from backend.kernel.digest import Json, digest_of, to_hex
from backend.kernel.errors import InvalidInput, NotFound
from backend.kernel.mass import BPS
from backend.ledger.adjuster import Adjuster, Term, adjusters_of
from backend.ledger.guards import Guards, parse_guards
from backend.ledger.outside import Outside, outside_of
from backend.ledger.path import GRAMS_PER_KG, DeclaredPath, Part, check_on_path, declared_path
from backend.ledger.policy_record import require_recorded
from backend.ledger.region import RegionUnfit, region_of

SETTLE_WITHIN_DAYS = 365
"""Where a policy does not say: a year."""


class PolicyMalformed(InvalidInput):
    """A policy file lacks something or contradicts itself."""

    code = "policy.malformed"

    def __init__(self, policy_id: str, why: str) -> None:
        super().__init__(f"policy {policy_id}: {why}", policy=policy_id, why=why)


class PolicyUnknown(NotFound):
    """No policy with that id, or none for that region and vintage."""

    code = "policy.unknown"


@dataclass(frozen=True)
class CategoryBudget:
    """What one category may take per adult and full year, and what an unmeasured year counts as at least; in grams."""

    category: Category
    budget_gco2e: int
    high_default_gco2e: int
    gas_basis: str
    boundary: str
    derivation: str
    sources: tuple[str, ...]
    boundaries_alike: tuple[str, ...] = ()
    """Other boundaries that a factor may have here, where they count the same thing in another place."""

    def takes(self, boundary: str) -> bool:
        """Whether what a factor of that boundary gives can be compared with this budget."""
        return boundary == self.boundary or boundary in self.boundaries_alike


@dataclass(frozen=True, eq=False)
class Policy:
    """One policy: a class of credits (region, vintage, methodology), a budget per category, and the closing rules."""

    id: str
    title: str
    revision: int
    illustrative: bool
    region: str
    vintage: int
    methodology: str
    categories: tuple[CategoryBudget, ...]
    region_cap_gco2e: int
    """The sum of all budgets given out may never exceed it; the cap of the class on the chain."""
    minimum_batch: int
    mint_step_gco2e: int
    buffer_bps: int
    """The class's buffer rate: a mint and its buffer share together stay within the surplus."""
    haircut_d_bps: int
    """What is held back of a saving that documents show and no utility signed."""
    child_share_bps: int
    majority_age: int
    month_measured_bps: int
    year_measured_bps: int
    digest: bytes
    source: Mapping[str, Any]
    """The file as read: what the digest is of."""
    outside: tuple[Outside, ...] = ()
    path: DeclaredPath | None = None
    adjusters: tuple[Adjuster, ...] = ()

    def extra_bps(self, category: Category | None, *terms: Term) -> int:
        """What household terms add to a category's daily budget, in basis points of it."""
        return sum(one.extra_bps for one in self.adjusters if one.term in terms and category in one.categories)

    guards: Guards = field(default_factory=Guards)
    """What it closes by beyond the first rules."""
    settle_within_days: int = SETTLE_WITHIN_DAYS
    """Days after the vintage's end by which a deficit of it is to be settled."""
    settle_regions: tuple[str, ...] = ()
    """Regions beside its own whose credits settle a deficit under it."""

    @property
    def credit_class(self) -> ClassId:
        """The class its credits belong to."""
        return ClassId(self.region, self.vintage, self.methodology)

    @property
    def class_id(self) -> int:
        """The class's uint256 id."""
        return pack(self.region, self.vintage, self.methodology)


_SETTLE_WITHIN, _SETTLE_REGIONS = "settle_within_days", "settle_regions"
_RULES = (
    "region_cap_kg", "minimum_batch", "mint_step_kg", "buffer_bps", "haircut_d_bps", "child_share_bps", "majority_age",
    "month_measured_bps", "year_measured_bps",
)  # fmt: skip
_TOP = {"id": str, "title": str, "revision": int, "region": str, "vintage": int, "methodology": str}


def _whole(policy_id: str, where: str, value: Any, most: int | None = None) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0 or (most is not None and value > most):
        raise PolicyMalformed(
            policy_id, f"{where} is {value!r}; expected a whole number from 0{f' to {most}' if most else ''}"
        )
    return value


def _category(policy_id: str, name: str, row: Mapping[str, Any]) -> CategoryBudget:
    if name not in list(Category):
        raise PolicyMalformed(policy_id, f"{name} is no category")
    if row.get("gas_basis") not in GAS_BASES or row.get("boundary") not in BOUNDARIES:
        raise PolicyMalformed(policy_id, f"{name} lacks a known gas basis or boundary")
    if not row.get("derivation") or not row.get("sources"):
        raise PolicyMalformed(policy_id, f"{name} does not say how its budget was derived, and from what")
    alike = row.get("boundaries_alike", [])
    if not set(alike) <= set(BOUNDARIES) or (alike and not row.get("boundaries_note")):
        raise PolicyMalformed(policy_id, f"{name} counts other boundaries alike that are unknown, or does not say why")
    return CategoryBudget(
        category=Category(name),
        budget_gco2e=_whole(policy_id, f"{name}.budget_kg", row.get("budget_kg")) * GRAMS_PER_KG,
        high_default_gco2e=_whole(policy_id, f"{name}.high_default_kg", row.get("high_default_kg")) * GRAMS_PER_KG,
        gas_basis=row["gas_basis"],
        boundary=row["boundary"],
        derivation=row["derivation"].strip(),
        sources=tuple(row["sources"]),
        boundaries_alike=tuple(alike),
    )


def _settle_regions(policy_id: str, own: str, rules: Mapping[str, Any]) -> tuple[str, ...]:
    """Other regions whose credits settle what is owed here: known ones, each once, with a word why."""
    listed = rules.get(_SETTLE_REGIONS, [])
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise PolicyMalformed(policy_id, f"{_SETTLE_REGIONS} is no list of regions")
    if own in listed or len(set(listed)) < len(listed):
        raise PolicyMalformed(policy_id, f"{_SETTLE_REGIONS} lists its own region, or one twice")
    if listed and not rules.get(f"{_SETTLE_REGIONS}_note"):
        raise PolicyMalformed(policy_id, f"{_SETTLE_REGIONS}_note does not say why credits of elsewhere settle")
    for code in listed:
        try:
            region_of(code)
        except (PlaceUnknown, RegionUnfit) as failure:
            raise PolicyMalformed(policy_id, f"{_SETTLE_REGIONS}: {failure}") from failure
    return tuple(listed)


def _path(source: Mapping[str, Any], outside: tuple[Outside, ...]) -> DeclaredPath | None:
    """The path a policy declares, if any, with every budget checked against it."""
    if "path" not in source:
        return None
    declared = declared_path(source["path"], source["vintage"])
    names = ("base_kg", "path_share_bps", "boundary_share_bps")
    parts = [
        Part(category, row["budget_kg"], *(row.get(name) for name in names))
        for category, row in sorted(source["categories"].items())
    ]
    check_on_path(declared, parts, sum(one.path_share_bps or 0 for one in outside))
    return declared


def _require_defaults_above(
    policy_id: str, categories: tuple[CategoryBudget, ...], adjusters: tuple[Adjuster, ...]
) -> None:
    """A household term must not be worth bringing about by moving somebody out on paper, who then counts as default."""
    for one in categories:
        extra_bps = sum(term.extra_bps for term in adjusters if one.category in term.categories)
        if extra_bps and one.high_default_gco2e * BPS < one.budget_gco2e * (BPS + extra_bps):
            raise PolicyMalformed(
                policy_id, f"{one.category}'s high default is below its budget with every household term"
            )


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise PolicyMalformed("(no id)", f"it is no TOML: {failure}") from failure


def parse_policy(text: str) -> Policy:
    """A policy from its TOML text; raises as `policy_of`."""
    return policy_of(_read(text))


def policy_of(source: Mapping[str, Any]) -> Policy:
    """A policy from its tables as read; raises PolicyMalformed, PathMalformed, PathEnded, AdjusterMalformed,
    OutsideMalformed, GuardsMalformed.
    """
    policy_id = str(source.get("id", "(no id)"))
    for name, expected in _TOP.items():
        if not isinstance(source.get(name), expected):
            raise PolicyMalformed(policy_id, f"{name} is absent or not {expected.__name__}")
    rules = source.get("rules", {})
    whole = {
        name: _whole(policy_id, name, rules.get(name), 10_000 if name.endswith("_bps") else None) for name in _RULES
    }
    if whole["mint_step_kg"] == 0:
        raise PolicyMalformed(policy_id, "mint_step_kg is 0")
    settle_within_days = _whole(policy_id, _SETTLE_WITHIN, rules.get(_SETTLE_WITHIN, SETTLE_WITHIN_DAYS))
    categories = tuple(_category(policy_id, name, row) for name, row in sorted(source.get("categories", {}).items()))
    if not categories:
        raise PolicyMalformed(policy_id, "it covers nothing")
    outside, adjusters = outside_of(source.get("outside", [])), adjusters_of(source.get("adjusters", {}))
    _require_defaults_above(policy_id, categories, adjusters)
    return Policy(
        id=policy_id,
        title=source["title"],
        revision=source["revision"],
        region=source["region"],
        vintage=source["vintage"],
        methodology=source["methodology"],
        illustrative=source.get("illustrative") is True,
        categories=categories,
        region_cap_gco2e=whole["region_cap_kg"] * GRAMS_PER_KG,
        mint_step_gco2e=whole["mint_step_kg"] * GRAMS_PER_KG,
        digest=digest_of(_json(source)),
        source=source,
        minimum_batch=whole["minimum_batch"],
        buffer_bps=whole["buffer_bps"],
        haircut_d_bps=whole["haircut_d_bps"],
        child_share_bps=whole["child_share_bps"],
        majority_age=whole["majority_age"],
        month_measured_bps=whole["month_measured_bps"],
        year_measured_bps=whole["year_measured_bps"],
        outside=outside,
        path=_path(source, outside),
        adjusters=adjusters,
        guards=parse_guards(source.get("guards", {})),
        settle_within_days=settle_within_days,
        settle_regions=_settle_regions(policy_id, source["region"], rules),
    )


def _json(source: Mapping[str, Any]) -> Json:
    """TOML holds strings, integers, booleans, lists and tables here; anything else fails in the canonical form."""
    return dict(source)


def _on_chain(policy: Policy) -> tuple[ClassId, int, int]:
    return policy.credit_class, policy.region_cap_gco2e, policy.buffer_bps


@dataclass(frozen=True, eq=False)
class PolicySet:
    """Policies by id, each in its newest revision, and by the region and vintage they govern: one for each."""

    by_id: Mapping[str, Policy]
    by_digest: Mapping[bytes, Policy]
    """Every revision, those that were replaced too: what a statement was closed under stays computable."""

    @classmethod
    def of(cls, policies: list[Policy]) -> "PolicySet":
        """A set; raises PolicyMalformed if two share an id and a revision, or govern the same region and vintage, or if
        a revision is of another class, cap or buffer: those are on the chain.
        """
        by_id: dict[str, Policy] = {}
        by_digest: dict[bytes, Policy] = {}
        governed: dict[tuple[str, int], str] = {}
        for policy in sorted(policies, key=lambda one: (one.id, one.revision)):
            earlier = by_id.get(policy.id)
            if earlier is not None and (earlier.revision == policy.revision or _on_chain(earlier) != _on_chain(policy)):
                raise PolicyMalformed(policy.id, "another file has this revision, or another class, cap or buffer")
            if governed.setdefault((policy.region, policy.vintage), policy.id) != policy.id:
                raise PolicyMalformed(policy.id, "another policy has this region and vintage")
            by_id[policy.id] = by_digest[policy.digest] = policy
        return cls(by_id, by_digest)

    def adopting(self, policy: Policy) -> "PolicySet":
        """The same with a policy in the place of whatever governs its region and vintage."""
        seat = (policy.region, policy.vintage)
        others = [one for one in self.by_digest.values() if (one.region, one.vintage) != seat and one.id != policy.id]
        return PolicySet.of([*others, policy])

    def at(self, digest: bytes) -> Policy:
        """The policy of a digest, of whatever revision; raises PolicyUnknown."""
        if digest not in self.by_digest:
            raise PolicyUnknown(f"no policy has the digest {to_hex(digest)}", digest=to_hex(digest))
        return self.by_digest[digest]

    def policy(self, policy_id: str) -> Policy:
        """The policy of an id; raises PolicyUnknown."""
        if policy_id not in self.by_id:
            known = sorted(self.by_id)
            said = f"no policy has the id {policy_id[:80]!r}; there are {', '.join(known) or 'none'}"
            raise PolicyUnknown(said, policy=policy_id[:80], known=known)
        return self.by_id[policy_id]

    def governing(self, region: str, vintage: int) -> Policy:
        """The policy of a region and vintage; raises PolicyUnknown."""
        found = self.find(region, vintage)
        if found is None:
            raise PolicyUnknown(f"no policy governs {region} in {vintage}", region=region, vintage=vintage)
        return found

    def find(self, region: str, vintage: int) -> Policy | None:
        """The policy of a region and vintage, if there is one."""
        return next((one for one in self.by_id.values() if (one.region, one.vintage) == (region, vintage)), None)

    def of_vintage(self, vintage: int) -> list[Policy]:
        """Every policy of a year, in order of id."""
        return [one for _, one in sorted(self.by_id.items()) if one.vintage == vintage]

    def find_vintage(self, vintage: int) -> bool:
        """Whether any policy governs that year."""
        return any(one.vintage == vintage for one in self.by_id.values())

    def regions(self) -> list[str]:
        """Regions a person can join, because a policy governs them."""
        return sorted({policy.region for policy in self.by_id.values()})


@cache
def shipped_policies() -> PolicySet:
    """The policies in `policies/*.toml`, each as recorded when it was first used. Raises PolicyChanged."""
    folder = files("backend.ledger").joinpath("policies")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    found = PolicySet.of([parse_policy(folder.joinpath(name).read_text("utf-8")) for name in names])
    require_recorded({(one.id, one.revision): digest for digest, one in found.by_digest.items()})
    return found
