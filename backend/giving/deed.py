"""A deed: what a certificate is of. A retirement, a donation or a grant, read out of one transaction's events. Pure.

Each gram stands in one deed: what a campaign retires shows as two events of two contracts, and is one deed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.chain.class_id import ClassId, unpack
from backend.chain.events import ChainEvent
from backend.giving.kinds import ON_FILL, RetirementPurpose
from backend.kernel.digest import to_hex
from backend.kernel.errors import InvalidInput, NotFound, RuleViolated

_ID = re.compile(r"(0x[0-9a-f]{64})-([0-9]{1,9})")
_NO_REF = bytes(32)


class DeedIdMalformed(InvalidInput):
    """Not a deed's id."""

    code = "deed.id_malformed"

    def __init__(self, deed_id: str) -> None:
        expected = "a transaction hash, a hyphen and a log index, such as 0x12…ef-3"
        super().__init__(f"an id is {expected}", deed_id=deed_id[:80], expected=expected)


class DeedUnknown(NotFound):
    """The chain has no such retirement, donation or grant."""

    code = "deed.unknown"

    def __init__(self, deed_id: str) -> None:
        super().__init__(
            "the chain has no retirement, donation or grant of this id; a reorganisation may have undone it",
            deed_id=deed_id,
        )


class DeedUndone(RuleViolated):
    """A refund: nothing was retired and nothing stayed given, so there is nothing to certify."""

    code = "deed.undone"

    def __init__(self, deed_id: str) -> None:
        super().__init__("this is a refund: what was given went back to its donor", deed_id=deed_id)


class DeedKind(StrEnum):
    """What was done."""

    RETIREMENT = "retirement"
    DONATION = "donation"
    GRANT = "grant"


class Serves(StrEnum):
    """What a deed serves: exactly one thing, by what the chain itself says of it.

    reference: a buy that retired on fill under a digest: it commits to words or names a deficit, never both.
    unstated: words or accounts that fit none of the others, as anybody may send them to the contract.
    """

    SELF = "self"
    ANOTHER = "another"
    EVENT = "event"
    DEFICIT = "deficit"
    REFERENCE = "reference"
    CAMPAIGN = "campaign"
    UNSTATED = "unstated"


@dataclass(frozen=True)
class Deed:
    """One deed. `account`: who retired or gave; a campaign's charity where a campaign did. `ref`: a salted digest.
    `receipt_token`: the id of its soulbound receipt (ERC-5192), if who gave or retired asked for one.
    """

    deed_id: str
    kind: DeedKind
    serves: Serves
    class_id: int
    amount_gco2e: int
    account: str
    beneficiary: str | None
    campaign_id: int | None
    purpose: str | None
    ref: bytes | None
    receipt_token: int | None
    at: datetime
    tx_hash: bytes
    block_number: int
    block_hash: bytes
    log_index: int

    @property
    def credit_class(self) -> ClassId:
        """Region, vintage and methodology."""
        return unpack(self.class_id)

    @property
    def is_retired(self) -> bool:
        """Whether the deed itself put the credits out of the world; a donation does not."""
        return self.kind is not DeedKind.DONATION


def deed_place(deed_id: str) -> tuple[bytes, int]:
    """Transaction hash and log index of an id; raises DeedIdMalformed."""
    found = _ID.fullmatch(deed_id)
    if found is None:
        raise DeedIdMalformed(deed_id)
    return bytes.fromhex(found[1][2:]), int(found[2])


def deed_id_of(event: ChainEvent) -> str:
    """As receipts name their events."""
    return f"{to_hex(event.tx_hash)}-{event.log_index}"


def deed_in(events: Sequence[ChainEvent], deed_id: str, charity: str) -> Deed:
    """The deed of an id among the events of its transaction, in order. Both events of a campaign's retirement or grant
    give the same deed. Raises DeedIdMalformed, DeedUnknown, DeedUndone.
    """
    _, log_index = deed_place(deed_id)
    at = next((place for place, event in enumerate(events) if event.log_index == log_index), None)
    if at is None:
        raise DeedUnknown(deed_id)
    event, before, after = events[at], events[:at], events[at + 1 :]
    if (event.contract, event.name) == ("CarbonCredit", "Retired"):
        if event.args["account"] == charity:
            return _of_campaign(_asked_by(before, event, deed_id), event)
        return _retirement(event, after)
    if event.contract == "Charity" and event.name in {"CampaignRetired", "Granted"}:
        retired = next((one for one in after if one.name == "Retired" and one.args["account"] == charity), None)
        if retired is not None:
            return _of_campaign(event, retired)
    if event.contract == "Charity" and event.name == "Donated":
        return _donation(event, after)
    if event.contract == "Charity" and event.name == "Refunded":
        raise DeedUndone(deed_id)
    raise DeedUnknown(deed_id)


def _asked_by(before: Sequence[ChainEvent], retired: ChainEvent, deed_id: str) -> ChainEvent:
    """The Charity tells of a retirement or grant just before it has the token carry it out."""
    for event in reversed(before):
        if event.name == "Retired":
            break
        is_told = event.contract == "Charity" and event.name in {"CampaignRetired", "Granted"}
        if is_told and all(event.args[name] == retired.args[name] for name in ("classId", "amount")):
            return event
    raise DeedUnknown(deed_id)


def _deed(
    event: ChainEvent,
    kind: DeedKind,
    serves: Serves,
    account: str,
    *,
    beneficiary: str | None = None,
    campaign_id: int | None = None,
    purpose: str | None = None,
    ref: bytes | None = None,
    receipt_token: int | None = None,
) -> Deed:
    return Deed(
        deed_id=deed_id_of(event),
        kind=kind,
        serves=serves,
        class_id=event.args["classId"],
        amount_gco2e=event.args["amount"],
        account=account,
        beneficiary=beneficiary,
        campaign_id=campaign_id,
        purpose=purpose,
        ref=ref,
        receipt_token=receipt_token,
        at=event.block_time,
        tx_hash=event.tx_hash,
        block_number=event.block_number,
        block_hash=event.block_hash,
        log_index=event.log_index,
    )


def _retirement(event: ChainEvent, after: Sequence[ChainEvent]) -> Deed:
    args = event.args
    ref = None if args["ref"] == _NO_REF else args["ref"]
    return _deed(
        event,
        DeedKind.RETIREMENT,
        serves_of(args["purpose"], ref, is_own=args["account"] == args["beneficiary"]),
        args["account"],
        beneficiary=args["beneficiary"],
        purpose=args["purpose"],
        ref=ref,
        receipt_token=_retirement_receipt(event, after),
    )


def _retirement_receipt(retired: ChainEvent, after: Sequence[ChainEvent]) -> int | None:
    """It is issued right after the retirement it is of, before anything else is told."""
    if not after or (after[0].contract, after[0].name) != ("RetirementReceipts", "Transfer"):
        return None
    token: int = after[0].args["tokenId"]
    is_its = token >> 64 == retired.args["classId"]
    return token if is_its and after[0].args["to"] == retired.args["account"] else None


def serves_of(purpose: str, ref: bytes | None, *, is_own: bool) -> Serves:
    """What a retirement by its holder serves, by the chain's words alone. `is_own`: the holder is its beneficiary."""
    holder = Serves.SELF if is_own else Serves.ANOTHER
    if purpose == ON_FILL:
        return holder if ref is None else Serves.REFERENCE
    if purpose in {RetirementPurpose.SELF, RetirementPurpose.ANOTHER}:
        return holder if purpose == holder else Serves.UNSTATED
    if purpose in {RetirementPurpose.EVENT, RetirementPurpose.DEFICIT} and ref is not None:
        return Serves(purpose)
    return Serves.UNSTATED


def _of_campaign(told: ChainEvent, retired: ChainEvent) -> Deed:
    """A campaign's own retirement, or its grant."""
    is_grant = told.name == "Granted"
    return _deed(
        told,
        DeedKind.GRANT if is_grant else DeedKind.RETIREMENT,
        Serves.DEFICIT if is_grant else Serves.CAMPAIGN,
        retired.args["account"],
        beneficiary=None if is_grant else retired.args["beneficiary"],
        campaign_id=told.args["campaignId"],
        purpose=retired.args["purpose"],
        ref=told.args["ref"] if is_grant else None,
    )


def _donation(event: ChainEvent, after: Sequence[ChainEvent]) -> Deed:
    return _deed(
        event,
        DeedKind.DONATION,
        Serves.CAMPAIGN,
        event.args["donor"],
        campaign_id=event.args["campaignId"],
        receipt_token=_receipt_token(event, after),
    )


def _receipt_token(gift: ChainEvent, after: Sequence[ChainEvent]) -> int | None:
    """A receipt is issued right after the gift it is for, before the Charity tells of anything else."""
    following = next((one for one in after if one.contract == "Charity"), None)
    if following is None or following.name != "Transfer":
        return None
    token: int = following.args["tokenId"]
    is_of_gift = token >> 64 == gift.args["campaignId"] << 128 | gift.args["classId"]
    return token if is_of_gift and following.args["to"] == gift.args["donor"] else None
