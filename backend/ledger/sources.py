"""What a statement was computed with, by digest: the shipped factor sets and policies, or files that somebody gives."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from backend.footprint.factor_content import FactorSetMalformed, factor_set_of
from backend.footprint.factors import FactorSet
from backend.footprint.freeze import factor_set
from backend.ledger.policy import Policy, PolicyMalformed, parse_policy, policy_of, shipped_policies


@dataclass(frozen=True)
class Sources:
    """Files given beside what is shipped."""

    factors: Sequence[FactorSet] = ()
    policies: Sequence[Policy] = field(default_factory=tuple)

    def factor_set(self, digest: bytes) -> FactorSet:
        """The set of a digest; raises FactorSetUnknown."""
        given = next((one for one in self.factors if one.digest == digest), None)
        return given or factor_set(digest)

    def policy(self, digest: bytes) -> Policy:
        """The policy of a digest; raises PolicyUnknown."""
        given = next((one for one in self.policies if one.digest == digest), None)
        return given or shipped_policies().at(digest)


def factors_from(text: str) -> FactorSet:
    """The factor set of a file's text: the JSON that `GET /factors/{digest}` serves. Raises FactorSetMalformed."""
    try:
        return factor_set_of(json.loads(text))
    except (ValueError, RecursionError) as failure:
        raise FactorSetMalformed("it is not JSON") from failure


def policy_from(text: str) -> Policy:
    """The policy of a file's text: its TOML, or the same as JSON. Raises what `policy_of` raises."""
    try:
        source = json.loads(text)
    except (ValueError, RecursionError):
        return parse_policy(text)
    if not isinstance(source, dict):
        raise PolicyMalformed("(no id)", "it is no table")
    return policy_of(source)
