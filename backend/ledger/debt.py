"""What a deficit is, and which credits may settle it: of its vintage or an earlier one, and of its own region or one
that its policy lists. No framework.
"""

from dataclasses import dataclass

from backend.kernel.digest import sha256
from backend.kernel.errors import RuleViolated

_REFERENCE_TAG = b"\x02"


@dataclass(frozen=True)
class OpenDeficit:
    """A deficit and what is left of it, in grams. `other_regions`: what the policy it was closed under lists beside its
    own region.
    """

    deficit_id: int
    statement_id: int
    person_id: int
    region: str
    vintage: int
    reference: bytes
    amount_gco2e: int
    outstanding_gco2e: int
    other_regions: tuple[str, ...] = ()

    @property
    def regions(self) -> tuple[str, ...]:
        """Whose credits may settle it, its own first."""
        return self.region, *self.other_regions


class DeficitCreditUnfit(RuleViolated):
    """The retired credits may not settle this deficit."""

    code = "deficit.credit_unfit"

    def __init__(self, deficit: OpenDeficit, region: str, vintage: int) -> None:
        super().__init__(
            f"a deficit of {deficit.region}/{deficit.vintage} is settled by credits of {' or '.join(deficit.regions)}, "
            f"of vintage {deficit.vintage} or earlier, not by {region}/{vintage}",
            region=region,
            vintage=vintage,
            regions_needed=list(deficit.regions),
            vintage_latest=deficit.vintage,
        )


def deficit_reference(statement_digest: bytes, salt: bytes) -> bytes:
    """SHA-256(0x02 || salt || statement digest): names a deficit on a chain without naming its statement."""
    return sha256(_REFERENCE_TAG + salt + statement_digest)


def is_fit(deficit: OpenDeficit, *, region: str, vintage: int) -> bool:
    """Whether credits of this region and vintage may settle it."""
    return region in deficit.regions and vintage <= deficit.vintage


def require_fit(deficit: OpenDeficit, *, region: str, vintage: int) -> None:
    """Raises DeficitCreditUnfit unless credits of this region and vintage may settle it."""
    if not is_fit(deficit, region=region, vintage=vintage):
        raise DeficitCreditUnfit(deficit, region, vintage)
