"""What each room brings to the composition: its routes, and its projections in the order they are applied."""

from fastapi import APIRouter

from backend.chain.deployment import Deployment
from backend.footprint.routes import router as footprint
from backend.giving.projection import GivingProjection
from backend.giving.routes import router as giving
from backend.issuance.credential_routes import router as credentials
from backend.issuance.projection import IssuanceProjection
from backend.issuance.routes import router as issuance
from backend.ledger.routes import router as ledger
from backend.link.balances import balance_projections
from backend.link.projection import Projection
from backend.market.listing import ListingProjection
from backend.market.routes import router as market
from backend.settlement.fee import FeeProjection
from backend.settlement.projection import FillsProjection
from backend.settlement.routes import router as settlement

ROUTERS: tuple[APIRouter, ...] = (footprint, ledger, issuance, credentials, market, settlement, giving)


def projections(deployment: Deployment, fee: FeeProjection) -> list[Projection]:
    """Tokens first: what the rooms read of balances is then as of the same event."""
    return [
        *balance_projections(deployment),
        IssuanceProjection(),
        ListingProjection(),
        fee,
        FillsProjection(),
        GivingProjection(deployment),
    ]
