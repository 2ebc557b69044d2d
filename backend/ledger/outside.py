"""What a policy leaves out, said beside what it covers, so that nobody takes a part for the whole. No framework."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.kernel.errors import InvalidInput
from backend.kernel.mass import BPS


class OutsideMalformed(InvalidInput):
    """A line that a policy leaves out has no name or no reason."""

    code = "policy.outside_malformed"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"outside {name}: {why}", name=name, why=why)


@dataclass(frozen=True)
class Outside:
    """A part of life without a budget."""

    name: str
    path_share_bps: int | None
    """Its part of the policy's path, if the path is shared out; otherwise nobody says how much it is."""
    reason: str

    def value_gco2e(self, path_gco2e: int) -> int | None:
        """Its part of a path's value in grams, rounded down."""
        return None if self.path_share_bps is None else path_gco2e * self.path_share_bps // BPS


def outside_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Outside, ...]:
    """The `[[outside]]` rows of a policy; raises OutsideMalformed."""
    found = []
    for row in rows:
        name, share = str(row.get("name", "")), row.get("path_share_bps")
        if not name or not row.get("reason"):
            raise OutsideMalformed(name or "(no name)", "it needs a name and a reason")
        if share is not None and (not isinstance(share, int) or isinstance(share, bool) or not 0 < share <= BPS):
            raise OutsideMalformed(name, f"path_share_bps is {share!r}; expected a whole number from 1 to {BPS}")
        found.append(Outside(name, share, str(row["reason"]).strip()))
    return tuple(found)
