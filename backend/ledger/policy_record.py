"""The record of policies: each revision with its digest (`policy_records.toml`). A used file never changes."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from backend.kernel.digest import to_hex
from backend.kernel.errors import RuleViolated


class PolicyChanged(RuleViolated):
    """A policy file is not what was recorded: somebody edited a revision instead of adding one."""

    code = "policy.changed"

    def __init__(self, policy_id: str, revision: int, expected: bytes | None, found: bytes | None) -> None:
        says = [to_hex(one) if one else "nothing" for one in (expected, found)]
        super().__init__(
            f"policy {policy_id} r{revision} is recorded as {says[0]}, but its file gives {says[1]}",
            policy=policy_id,
            revision=revision,
            expected=says[0],
            found=says[1],
        )


@dataclass(frozen=True)
class PolicyRecord:
    """One revision of a policy: when it was recorded, and what it is known by."""

    id: str
    revision: int
    on: date
    digest: bytes
    note: str


@cache
def policy_records() -> tuple[PolicyRecord, ...]:
    """Every record, in the order they were made."""
    text = files("backend.ledger").joinpath("policy_records.toml").read_text("utf-8")
    return tuple(
        PolicyRecord(row["id"], row["revision"], row["on"], bytes.fromhex(row["digest"]), row["note"])
        for row in tomllib.loads(text)["policy"]
    )


def require_recorded(found: Mapping[tuple[str, int], bytes]) -> None:
    """Raises PolicyChanged unless the digests, by id and revision, are those of the record: no more, no less."""
    recorded = {(one.id, one.revision): one.digest for one in policy_records()}
    for key in sorted(recorded.keys() | found.keys()):
        if recorded.get(key) != found.get(key):
            raise PolicyChanged(*key, recorded.get(key), found.get(key))
