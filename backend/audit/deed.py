"""What one transaction's events say of a deed, in the form in which certificates tell it. Pure.

A gram stands in one deed: what a campaign retires or grants shows as two events of two contracts, and is one.
"""

from collections.abc import Mapping, Sequence

from backend.chain.class_id import ClassIdMalformed, unpack
from backend.chain.events import ChainEvent
from backend.kernel.clock import iso
from backend.kernel.digest import to_hex

Facts = Mapping[str, str | int | bool | None]
"""By the names of the certificates' JSON; amounts in grams."""

_NO_REF = bytes(32)
_ON_FILL = "retire"
_OF_A_CAMPAIGN = {"CampaignRetired": "retirement", "Granted": "grant"}


def facts_of(events: Sequence[ChainEvent], log_index: int, charity: str) -> Facts | None:
    """The deed whose id names this event among all of its transaction, in order; None if there is none. `charity`: the
    address of the contract that retires for campaigns.
    """
    at = next((place for place, event in enumerate(events) if event.log_index == log_index), None)
    if at is None:
        return None
    event = events[at]
    if (event.contract, event.name) == ("Charity", "Donated"):
        return _donation(event, events[at + 1 :])
    if event.contract == "Charity" and event.name in _OF_A_CAMPAIGN:
        retired = next((one for one in events[at + 1 :] if _is_retirement_by(one, charity)), None)
        return None if retired is None else _of_campaign(event, retired)
    if (event.contract, event.name) != ("CarbonCredit", "Retired"):
        return None
    if event.args["account"] != charity:
        return _retirement(event, events[at + 1 :])
    told = next((one for one in reversed(events[:at]) if one.contract == "Charity"), None)
    return None if told is None or told.name not in _OF_A_CAMPAIGN else _of_campaign(told, event)


def _is_retirement_by(event: ChainEvent, account: str) -> bool:
    return event.name == "Retired" and event.args["account"] == account


def _facts(event: ChainEvent, kind: str, served: str, **more: str | int | None) -> Facts:
    """What every deed tells, and what is told of this one."""
    class_id = event.args["classId"]
    told = dict.fromkeys(("account", "beneficiary", "purpose", "ref", "campaignId", "receiptToken")) | more
    return {
        **told,
        "kind": kind,
        "served": served,
        "isRetired": kind != "donation",
        "classId": str(class_id),
        **_class(class_id),
        "amountGco2e": str(event.args["amount"]),
        "at": iso(event.block_time),
        "txHash": to_hex(event.tx_hash),
        "blockNumber": event.block_number,
        "blockHash": to_hex(event.block_hash),
        "logIndex": event.log_index,
    }


def _class(class_id: int) -> Facts:
    try:
        found = unpack(class_id)
    except ClassIdMalformed:
        return {}
    return {
        "classCode": found.code,
        "region": found.region,
        "vintage": found.vintage,
        "methodology": found.methodology,
    }


def _retirement(event: ChainEvent, after: Sequence[ChainEvent]) -> Facts:
    """Its receipt is issued right after it, before anything else is told."""
    args = event.args
    issued = after[0] if after and (after[0].contract, after[0].name) == ("RetirementReceipts", "Transfer") else None
    token = None if issued is None or issued.args["to"] != args["account"] else issued.args["tokenId"]
    is_its = token is not None and token >> 64 == args["classId"]
    ref = None if args["ref"] == _NO_REF else to_hex(args["ref"])
    return _facts(
        event,
        "retirement",
        _served(args["purpose"], has_ref=ref is not None, is_own=args["account"] == args["beneficiary"]),
        account=args["account"],
        beneficiary=args["beneficiary"],
        purpose=args["purpose"],
        ref=ref,
        receiptToken=str(token) if is_its else None,
    )


def _served(purpose: str, *, has_ref: bool, is_own: bool) -> str:
    """The one thing that a retirement is for, by the chain's words; `unstated` if they do not fit each other."""
    holder = "self" if is_own else "another"
    if purpose == _ON_FILL:
        return "reference" if has_ref else holder
    if purpose in {"event", "deficit"} and has_ref:
        return purpose
    return holder if purpose == holder else "unstated"


def _of_campaign(told: ChainEvent, retired: ChainEvent) -> Facts:
    kind = _OF_A_CAMPAIGN[told.name]
    is_grant = kind == "grant"
    return _facts(
        told,
        kind,
        "deficit" if is_grant else "campaign",
        account=retired.args["account"],
        beneficiary=None if is_grant else retired.args["beneficiary"],
        campaignId=str(told.args["campaignId"]),
        purpose=retired.args["purpose"],
        ref=to_hex(told.args["ref"]) if is_grant else None,
    )


def _donation(event: ChainEvent, after: Sequence[ChainEvent]) -> Facts:
    """A receipt is issued right after its gift, before the Charity tells of anything else."""
    args = event.args
    issued = next((one for one in after if one.contract == "Charity"), None)
    token = None if issued is None or issued.name != "Transfer" else issued.args["tokenId"]
    is_its = token is not None and token >> 64 == args["campaignId"] << 128 | args["classId"]
    return _facts(
        event,
        "donation",
        "campaign",
        account=args["donor"],
        campaignId=str(args["campaignId"]),
        receiptToken=str(token) if is_its else None,
    )
