"""How verification is organised, as data: `verification.toml`. No framework."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class DrawRules:
    """Of a draw: chances in basis points, what it needs at least, and its times from opening."""

    sample_bps: int
    revoked_bps: int
    unrevealed_bps: int
    lookback: timedelta
    least_drawn: int
    least_secrets: int
    commit_for: timedelta
    block_after: timedelta
    reveal_until: timedelta


@dataclass(frozen=True)
class VerificationRules:
    """What `verification.toml` says."""

    version: str
    term: timedelta
    skew: timedelta
    appeal_within: timedelta
    appeal_decide_within: timedelta
    reaudit_within: timedelta
    """How long a second look may take; as long, it is in the way of its person's erasure."""
    draw: DrawRules


def parse_rules(text: str) -> VerificationRules:
    """Rules from their TOML; raises KeyError for what is missing."""
    raw = tomllib.loads(text)
    draw = raw["draw"]
    return VerificationRules(
        version=raw["version"],
        term=timedelta(days=raw["accreditation"]["term_days"]),
        skew=timedelta(seconds=raw["attestation"]["skew_s"]),
        appeal_within=timedelta(days=raw["appeal"]["within_days"]),
        appeal_decide_within=timedelta(days=raw["appeal"]["decide_within_days"]),
        reaudit_within=timedelta(days=raw["reaudit"]["decide_within_days"]),
        draw=DrawRules(
            sample_bps=draw["sample_bps"],
            revoked_bps=draw["revoked_bps"],
            unrevealed_bps=draw["unrevealed_bps"],
            lookback=timedelta(days=draw["lookback_days"]),
            least_drawn=draw["least_drawn"],
            least_secrets=draw["least_secrets"],
            commit_for=timedelta(seconds=draw["commit_s"]),
            block_after=timedelta(seconds=draw["block_after_s"]),
            reveal_until=timedelta(seconds=draw["reveal_s"]),
        ),
    )


@cache
def shipped_rules() -> VerificationRules:
    """The rules in `verification.toml`."""
    return parse_rules(files("backend.issuance").joinpath("verification.toml").read_text("utf-8"))
