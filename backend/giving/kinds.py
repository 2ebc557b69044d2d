"""The words of giving, as they stand in the database, in JSON and on the page. Pure."""

from enum import StrEnum


class CampaignKind(StrEnum):
    """A retirement pool retires what it raises; aid retires in grants for other people's deficits."""

    RETIRE_POOL = "retire-pool"
    AID = "aid"


class Funding(StrEnum):
    """Whether a campaign below its target keeps what it raised or gives it back."""

    KEEP_WHAT_YOU_RAISE = "keep-what-you-raise"
    ALL_OR_NOTHING = "all-or-nothing"


class CampaignState(StrEnum):
    """One way: open -> succeeded | failed."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class MovementKind(StrEnum):
    """How credits enter a campaign (gift) and the three ways they leave it (INV-06)."""

    GIFT = "gift"
    RETIREMENT = "retirement"
    GRANT = "grant"
    REFUND = "refund"


class RetirementPurpose(StrEnum):
    """Why a person retires: the one plain word the chain keeps.

    self: for oneself; another: in someone's name; event: for an occasion, named by a digest; deficit: to settle a
    deficit, named by its salted reference.
    """

    SELF = "self"
    ANOTHER = "another"
    EVENT = "event"
    DEFICIT = "deficit"


ON_FILL = "retire"
"""The purpose of a buy that retires what it bought (IExchange); its reference names a deficit or commits to words."""


class AidStage(StrEnum):
    """applied -> awarded | passed-over; awarded -> granted, once the chain has the grant."""

    APPLIED = "applied"
    AWARDED = "awarded"
    PASSED_OVER = "passed-over"
    """The round is over and gave nothing: its turn did not come, or it gave to nobody."""
    GRANTED = "granted"


class RelayKind(StrEnum):
    """Which signed act is relayed."""

    RETIRE = "retire"
    RETIRE_RECEIPT = "retire-receipt"
    """A retirement, and a receipt of it that cannot be moved."""
    DONATE = "donate"
    APPROVE = "approve"
    PERMIT = "permit"
    TRANSFER = "transfer"
    USE_NUMBER = "use-number"
    REFUND_TO = "refund-to"
    PLEDGE_DRAW = "pledge-draw"


class NumberedContract(StrEnum):
    """A contract that keeps which numbers an account has used for its signed acts."""

    CARBON_CREDIT = "CarbonCredit"
    CHARITY = "Charity"
