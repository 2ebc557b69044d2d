"""What each room brings to the composition: its routes, its projections in the order they are applied, what it has of a
person, and what it does when the person is erased.
"""

from dataclasses import replace

from fastapi import APIRouter

from backend.chain.deployment import Deployment
from backend.footprint.routes import router as footprint
from backend.giving.aid_application import applications_of
from backend.giving.aid_routes import router as aid
from backend.giving.aid_way import aid_stage
from backend.giving.board_routes import router as boards
from backend.giving.campaign_routes import router as campaigns
from backend.giving.certificate_routes import router as certificates
from backend.giving.charity_routes import router as charity_names
from backend.giving.owing_routes import router as owing
from backend.giving.personal import (
    board_names_of,
    forget_wishes,
    gifts_of,
    names_of,
    pledges_of,
    relays_in_the_way,
    relays_of,
    retirements_of,
)
from backend.giving.pledge_routes import router as pledges
from backend.giving.projection import GivingProjection
from backend.giving.routes import router as giving
from backend.issuance.credential_routes import router as credentials
from backend.issuance.erasing import batch_in_the_way, empty_verification, second_look_in_the_way
from backend.issuance.export import (
    appeals_of,
    attestations_of,
    claims_of,
    inspections_of,
    mints_of,
    questions_of,
    reaudits_of,
    returns_of,
)
from backend.issuance.projection import IssuanceProjection
from backend.issuance.routes import router as issuance
from backend.ledger.books import Books
from backend.ledger.routes import router as ledger
from backend.link.balances import balance_projections
from backend.link.projection import Projection
from backend.market.cancel_routes import router as cancelling
from backend.market.entry_routes import router as entry
from backend.market.faucet_routes import router as faucet
from backend.market.governing_routes import router as governing
from backend.market.listing import ListingProjection
from backend.market.movement import MovementProjection
from backend.market.personal import orders_of, trades_of, trading_in_the_way
from backend.market.routes import router as market
from backend.market.stream_routes import router as stream
from backend.market.tape_routes import router as tape
from backend.settlement.export import fills_of
from backend.settlement.fee import FeeProjection
from backend.settlement.projection import FillsProjection
from backend.settlement.routes import router as settlement
from backend.settlement.trade_routes import router as own_trades

ROUTERS: tuple[APIRouter, ...] = (
    *(entry, footprint, ledger, issuance, credentials, market, cancelling, faucet),
    charity_names,
    *(governing, tape, stream, settlement, own_trades),
    *(giving, certificates, owing, campaigns, pledges, aid, boards),
)


def projections(deployment: Deployment, fee: FeeProjection) -> list[Projection]:
    """Tokens first: what the rooms read of balances is then as of the same event."""
    return [
        *balance_projections(deployment),
        IssuanceProjection(),
        ListingProjection(),
        MovementProjection(),
        fee,
        FillsProjection(),
        GivingProjection(deployment),
    ]


def books_of_all_rooms(books: Books) -> Books:
    """The ledger's books with what the rooms above it have of a person."""
    return replace(
        books,
        erasure_checks=(batch_in_the_way, second_look_in_the_way, trading_in_the_way, relays_in_the_way),
        erasure_steps=(empty_verification, forget_wishes),
        aid_stage=aid_stage,
        export_sections={
            "attestations": attestations_of,
            "claims": claims_of,
            "mints": mints_of,
            "inspections": inspections_of,
            "questions": questions_of,
            "returns": returns_of,
            "appeals": appeals_of,
            "reaudits": reaudits_of,
            "orders": orders_of,
            "trades": trades_of,
            "fills": fills_of,
            "retirements": retirements_of,
            "gifts": gifts_of,
            "relays": relays_of,
            "aid": applications_of,
            "pledges": pledges_of,
            "donorNames": names_of,
            "boardNames": board_names_of,
        },
    )
