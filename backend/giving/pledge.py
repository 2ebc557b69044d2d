"""A standing pledge: what its donor signs once, and how much of it is due. Pure; grams, and Unix seconds.

A share below 10,000 basis points is of what the donor sells of the class from the start on, all draws together,
rounded down: the rule that the audit holds every draw to (`backend/audit/pledges.py`), for no contract can know it.
10,000 means all that is left, such as at a year's end. The contract itself holds every draw to the maximum, the time
and the number.
"""

from dataclasses import dataclass

from backend.chain.typed_data import Domain, digest, struct_hash
from backend.kernel.errors import InvalidInput
from backend.kernel.mass import BPS

MAX_GCO2E = 2**64 - 1
TIME_MAX_S = 253_402_300_799
"""The last second of the year 9999."""


class PledgeInvalid(InvalidInput):
    """A pledge that could never be drawn under."""

    code = "pledge.invalid"

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"a pledge's {field} must be {expected}", field=field, expected=expected)


@dataclass(frozen=True)
class Pledge:
    """The signed `Pledge` message (contracts/eip712/pledge.json). Raises PledgeInvalid."""

    donor: str
    campaign_id: int
    class_id: int
    share_bps: int
    max_amount_gco2e: int
    start: int
    expiry: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.share_bps <= BPS:
            raise PledgeInvalid("shareBps", f"1 to {BPS}; {BPS} means all that is left")
        if not 1 <= self.max_amount_gco2e <= MAX_GCO2E:
            raise PledgeInvalid("maxAmountGco2e", f"1 to {MAX_GCO2E} grams")
        if not 0 <= self.start < self.expiry <= TIME_MAX_S:
            raise PledgeInvalid("expiry", "later than its start, in Unix seconds")

    def message(self) -> dict[str, object]:
        """As EIP-712 names its fields."""
        return {
            "donor": self.donor,
            "campaignId": self.campaign_id,
            "classId": self.class_id,
            "shareBps": self.share_bps,
            "maxAmountGco2e": self.max_amount_gco2e,
            "start": self.start,
            "expiry": self.expiry,
            "number": self.number,
        }

    @property
    def struct_hash(self) -> bytes:
        """Names the pledge in the chain's events."""
        return struct_hash("Pledge", self.message())

    def digest(self, domain: Domain) -> bytes:
        """What is signed: 32 bytes."""
        return digest("Pledge", domain, self.message())

    @property
    def is_of_sales(self) -> bool:
        """Whether it gives a share of what is sold, rather than all that is left."""
        return self.share_bps < BPS

    def due_gco2e(self, *, sold_gco2e: int, drawn_gco2e: int, available_gco2e: int) -> int:
        """What may be drawn now: of sales since the start, at most what is left of the maximum, and what there is."""
        left = self.max_amount_gco2e - drawn_gco2e
        share = sold_gco2e * self.share_bps // BPS - drawn_gco2e if self.is_of_sales else left
        return max(0, min(left, share, available_gco2e))
