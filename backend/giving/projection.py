"""Campaigns, movements and retirements as the chain tells them; deficits settled by what was retired for them."""

from collections.abc import Callable

from sqlmodel import Session, SQLModel, col, delete, select

from backend.chain.class_id import unpack
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.giving.holding import Holding
from backend.giving.kinds import ON_FILL, CampaignKind, CampaignState, Funding, MovementKind, RetirementPurpose
from backend.giving.tables import (
    Campaign,
    CampaignHolding,
    CharityListing,
    Movement,
    PledgeDraw,
    RefundDirection,
    Retirement,
)
from backend.kernel.clock import from_unix_s
from backend.kernel.digest import to_hex
from backend.ledger.debt import DeficitCreditUnfit
from backend.ledger.deficit import DeficitUnknown, settle_deficit, unsettle_deficit

_KINDS = (CampaignKind.RETIRE_POOL, CampaignKind.AID)
_FUNDINGS = (Funding.KEEP_WHAT_YOU_RAISE, Funding.ALL_OR_NOTHING)
STATES = {1: CampaignState.OPEN, 2: CampaignState.SUCCEEDED, 3: CampaignState.FAILED}
"""The words of ICharity's enums, by their number there."""

_MOVEMENTS = {
    "Donated": MovementKind.GIFT,
    "CampaignRetired": MovementKind.RETIREMENT,
    "Granted": MovementKind.GRANT,
    "Refunded": MovementKind.REFUND,
}

_PROJECTED = (Movement, Retirement, CampaignHolding, Campaign, CharityListing, PledgeDraw, RefundDirection)

NO_REF = bytes(32)

_SETTLING = frozenset({RetirementPurpose.DEFICIT, ON_FILL})
"""Purposes under which a reference may name a deficit: what is retired for something else settles nothing."""


def source_of(tx_hash: bytes, log_index: int) -> str:
    """How the ledger names the event that settled a deficit."""
    return f"{to_hex(tx_hash)}:{log_index}"


def holding_of(row: CampaignHolding | None) -> Holding:
    """A row's grams; nothing for no row."""
    if row is None:
        return Holding()
    return Holding(row.donated_gco2e, row.retired_gco2e, row.granted_gco2e, row.refunded_gco2e)


class GivingProjection:
    """Follows Charity, and the retirements of CarbonCredit with their receipts. Register it after the tokens and the
    ledger's rooms.
    """

    name = "giving"

    def __init__(self, deployment: Deployment) -> None:
        self._charity = deployment.address("Charity")

    def apply(self, session: Session, event: ChainEvent) -> None:
        """Takes one event in; ignores those of no concern."""
        _note_receipt(session, event, event.args.get("tokenId"))
        if (event.contract, event.name) == ("CarbonCredit", "Retired"):
            self._retire(session, event)
        elif event.contract == "Charity":
            if event.name in _MOVEMENTS:
                self._move(session, event)
            elif event.name in _FACTS:
                session.add(_FACTS[event.name](event))
            elif event.name == "CampaignClosedEarly":
                _campaign_of(session, event).closes_at = from_unix_s(event.args["closes"])
            elif event.name == "CampaignFinalised":
                _campaign_of(session, event).state = STATES[event.args["state"]]
        session.flush()

    def undo(self, session: Session, event: ChainEvent) -> None:
        """Takes the latest applied event back."""
        _note_receipt(session, event, None)
        place = (event.block_number, event.log_index)
        if (event.contract, event.name) == ("CarbonCredit", "Retired"):
            session.delete(session.get_one(Retirement, place))
            unsettle_deficit(session, source_of(event.tx_hash, event.log_index))
        elif event.contract == "Charity":
            if event.name in _MOVEMENTS:
                session.delete(session.get_one(Movement, place))
                _change(session, event, -1)
                unsettle_deficit(session, source_of(event.tx_hash, event.log_index))
            elif event.name == "CharityListed":
                session.delete(session.get_one(CharityListing, (event.args["charity"], *place)))
            elif event.name == "PledgeDrawn":
                session.delete(session.get_one(PledgeDraw, place))
            elif event.name == "RefundDirected":
                session.delete(session.get_one(RefundDirection, (event.args["donor"], *place)))
            elif event.name == "CampaignOpened":
                session.delete(session.get_one(Campaign, event.args["campaignId"]))
            elif event.name == "CampaignClosedEarly":
                campaign = _campaign_of(session, event)
                campaign.closes_at = campaign.closes_at_opening
            elif event.name == "CampaignFinalised":
                _campaign_of(session, event).state = CampaignState.OPEN
        session.flush()

    def reset(self, session: Session) -> None:
        """Empties the tables and takes back what counted towards deficits."""
        granted = session.exec(select(Movement).where(col(Movement.counted_gco2e) > 0)).all()
        retired = session.exec(select(Retirement).where(col(Retirement.counted_gco2e) > 0)).all()
        sources = [source_of(row.tx_hash, row.log_index) for row in granted]
        for source in [*sources, *(source_of(row.tx_hash, row.log_index) for row in retired)]:
            unsettle_deficit(session, source)
        for emptied in _PROJECTED:
            session.exec(delete(emptied))

    def _retire(self, session: Session, event: ChainEvent) -> None:
        args = event.args
        settles = args["account"] != self._charity and args["purpose"] in _SETTLING
        session.add(
            Retirement(
                block_number=event.block_number,
                log_index=event.log_index,
                tx_hash=event.tx_hash,
                at=event.block_time,
                account=args["account"],
                beneficiary=args["beneficiary"],
                class_id=args["classId"],
                amount_gco2e=args["amount"],
                purpose=args["purpose"],
                ref=args["ref"],
                counted_gco2e=_count(session, event) if settles else 0,
            )
        )

    @staticmethod
    def _move(session: Session, event: ChainEvent) -> None:
        kind = _MOVEMENTS[event.name]
        session.add(
            Movement(
                block_number=event.block_number,
                log_index=event.log_index,
                tx_hash=event.tx_hash,
                at=event.block_time,
                kind=kind,
                campaign_id=event.args["campaignId"],
                class_id=event.args["classId"],
                amount_gco2e=event.args["amount"],
                donor=event.args.get("donor"),
                ref=event.args.get("ref"),
                counted_gco2e=_count(session, event) if kind == MovementKind.GRANT else 0,
            )
        )
        _change(session, event, 1)


def _count(session: Session, event: ChainEvent) -> int:
    """Grams of this event that settled a deficit of this ledger: none if its reference is not one of ours."""
    if event.args["ref"] == NO_REF:
        return 0
    credit = unpack(event.args["classId"])
    try:
        return settle_deficit(
            session,
            event.args["ref"],
            amount_gco2e=event.args["amount"],
            region=credit.region,
            vintage=credit.vintage,
            source=source_of(event.tx_hash, event.log_index),
            at=event.block_time,
            beneficiary=event.args.get("beneficiary"),
        )
    except (DeficitUnknown, DeficitCreditUnfit):
        return 0  # on a chain anybody may retire under any reference


def _note_receipt(session: Session, event: ChainEvent, token: int | None) -> None:
    """If the event issues a receipt of a retirement: it is of the one told of right before."""
    if (event.contract, event.name) == ("RetirementReceipts", "Transfer"):
        session.get_one(Retirement, (event.block_number, event.log_index - 1)).receipt_token = token


def _change(session: Session, event: ChainEvent, sign: int) -> None:
    """Adds a movement to its campaign's holding of the class, or takes it away."""
    key = (event.args["campaignId"], event.args["classId"])
    row = session.get(CampaignHolding, key)
    before, amount = holding_of(row), sign * event.args["amount"]
    after = {
        MovementKind.GIFT: before.given,
        MovementKind.RETIREMENT: before.retired,
        MovementKind.GRANT: before.granted,
        MovementKind.REFUND: before.refunded,
    }[_MOVEMENTS[event.name]](amount)
    if after.is_empty:
        session.delete(row)
        return
    row = row or CampaignHolding(campaign_id=key[0], class_id=key[1])
    row.donated_gco2e, row.retired_gco2e = after.donated_gco2e, after.retired_gco2e
    row.granted_gco2e, row.refunded_gco2e = after.granted_gco2e, after.refunded_gco2e
    session.add(row)


def _campaign(event: ChainEvent) -> Campaign:
    args = event.args
    return Campaign(
        campaign_id=args["campaignId"],
        charity=args["charity"],
        kind=_KINDS[args["kind"]],
        funding=_FUNDINGS[args["funding"]],
        state=CampaignState.OPEN,
        opens_at=from_unix_s(args["opens"]),
        closes_at=from_unix_s(args["closes"]),
        closes_at_opening=from_unix_s(args["closes"]),
        target_gco2e=args["target"],
        story_digest=args["storyDigest"],
        opened_at=event.block_time,
        tx_hash=event.tx_hash,
    )


def _listing(event: ChainEvent) -> CharityListing:
    return CharityListing(
        charity=event.args["charity"],
        block_number=event.block_number,
        log_index=event.log_index,
        listed=event.args["listed"],
        second_signer=event.args["secondSigner"],
        at=event.block_time,
        tx_hash=event.tx_hash,
    )


def _draw(event: ChainEvent) -> PledgeDraw:
    return PledgeDraw(
        block_number=event.block_number,
        log_index=event.log_index,
        tx_hash=event.tx_hash,
        at=event.block_time,
        donor=event.args["donor"],
        number=event.args["number"],
        struct_hash=event.args["structHash"],
        amount_gco2e=event.args["amount"],
    )


def _direction(event: ChainEvent) -> RefundDirection:
    return RefundDirection(
        donor=event.args["donor"],
        block_number=event.block_number,
        log_index=event.log_index,
        wallet=event.args["to"],
    )


_FACTS: dict[str, Callable[[ChainEvent], SQLModel]] = {
    "CharityListed": _listing,
    "CampaignOpened": _campaign,
    "PledgeDrawn": _draw,
    "RefundDirected": _direction,
}
"""Events that are a row each."""


def _campaign_of(session: Session, event: ChainEvent) -> Campaign:
    return session.get_one(Campaign, event.args["campaignId"])
