"""Giving out aid: who gets how much of a pot, by a rule that never ranks anybody by size. Pure; grams.

The applications' leaves stand in a tree whose root is on the chain before there is the chance that decides whose turn
it is; so nobody can choose applications to fit a seed. Of a lottery that chance is the seed of a verification draw,
which neither the operator nor who makes blocks can choose alone; where only last steps hang on it, the hash of a block.
Anybody can make the seed; an applicant can find its own place by its own leaf. Amounts are whole steps, so that they
say little of whose need they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend.footprint.kind import Category
from backend.kernel.digest import canonical_json, sha256, to_hex

ESSENTIAL = (Category.ELECTRICITY, Category.GAS, Category.HEATING)
"""What nobody can simply do without: light, a stove, a warm home."""

GRANTS_AT_ONCE = 50
"""Grants in one transaction, at most."""

_LEAF, _SEED, _TURN = b"tanyu.aid.application\x00", b"tanyu.aid.seed\x00", b"tanyu.aid.turn\x00"
_TOPIC = b"tanyu.aid.round\x00"


class AidRule(StrEnum):
    """equal: to everybody the same, as far as each needs it. lottery: to one after the other all that each needs."""

    EQUAL = "equal"
    LOTTERY = "lottery"


@dataclass(frozen=True)
class Need:
    """An application as the rule sees it."""

    leaf: bytes
    need_gco2e: int


def topic_of(chain_id: int, charity: str, round_id: int) -> bytes:
    """The topic of a round's root at Anchors: of its own, so that there is one root and no second."""
    return sha256(_TOPIC + canonical_json([chain_id, charity, round_id]))


def leaf_of(*, salt: bytes, round_id: int, reference: bytes, need_gco2e: int) -> bytes:
    """An application's leaf: it says nothing to who does not know its salt."""
    return sha256(_LEAF + salt + canonical_json([round_id, to_hex(reference), str(need_gco2e)]))


def seed_of(root: bytes, chance: bytes) -> bytes:
    """Of the applications' root, and what came after the chain had it: a draw's seed, or the hash of a block."""
    return sha256(_SEED + root + chance)


def turns_of(seed: bytes, needs: Sequence[Need]) -> list[Need]:
    """In the order that chance gives, whatever each needs."""
    return sorted(needs, key=lambda one: sha256(_TURN + seed + one.leaf))


def essential_gco2e(values: Mapping[str, Any]) -> int:
    """By how much a statement's footprint exceeds its budget in essential categories; nothing saved elsewhere counts
    against it.
    """
    found = 0
    for category in ESSENTIAL:
        part = values.get(f"category.{category}")
        if part is not None:
            found += max(0, int(part["footprintGco2e"]) - int(part["budgetGco2e"]))
    return found


def awards_of(
    rule: AidRule, needs: Sequence[Need], *, seed: bytes, pot_gco2e: int, step_gco2e: int
) -> dict[bytes, int]:
    """Grams by leaf, each a positive multiple of the step, none above its need, all together at most the pot."""
    turns = turns_of(seed, needs)
    wanted = {one.leaf: one.need_gco2e // step_gco2e for one in turns}
    steps = pot_gco2e // step_gco2e
    given = _lottery(wanted, steps) if rule == AidRule.LOTTERY else _equal(wanted, steps)
    return {leaf: count * step_gco2e for leaf, count in given.items() if count}


def _lottery(wanted: Mapping[bytes, int], steps: int) -> dict[bytes, int]:
    given = {}
    for leaf, count in wanted.items():
        given[leaf] = min(count, steps)
        steps -= given[leaf]
    return given


def _equal(wanted: Mapping[bytes, int], steps: int) -> dict[bytes, int]:
    """Everybody rises together until it has what it needs; the steps that are too few for all go by turn."""
    given = dict.fromkeys(wanted, 0)
    while steps and (rising := [leaf for leaf, count in wanted.items() if given[leaf] < count]):
        each = min(steps // len(rising), *(wanted[leaf] - given[leaf] for leaf in rising))
        for leaf in rising if each else rising[:steps]:
            given[leaf] += each or 1
        steps -= each * len(rising) if each else min(steps, len(rising))
    return given


def batches_of(count: int) -> Iterator[slice]:
    """Some grants in as few transactions as it takes, each of about as many people: none is of one alone."""
    parts = -(-count // GRANTS_AT_ONCE)
    for part in range(parts):
        yield slice(part * count // parts, (part + 1) * count // parts)
