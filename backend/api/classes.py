"""The credit classes a local chain starts with: one per shipped policy, its cap the policy's region cap."""

from backend.chain.deploy import ClassSpec
from backend.ledger.policy import PolicySet, shipped_policies


def local_classes(policies: PolicySet | None = None) -> tuple[ClassSpec, ...]:
    """Specs in the order of the policies' ids."""
    known = policies or shipped_policies()
    return tuple(
        ClassSpec(
            region=policy.region,
            vintage=policy.vintage,
            methodology=policy.methodology,
            cap_gco2e=policy.region_cap_gco2e,
            buffer_rate_bps=policy.buffer_bps,
        )
        for _, policy in sorted(known.by_id.items())
    )
