"""What an order's row keeps, as the objects that it was made of."""

from backend.kernel.mass import LOT_GCO2E
from backend.market.instructions import Instructions, SelfTrade, TimeInForce
from backend.market.order import Action, Side, SignedOrder
from backend.market.tables import OrderRow


def order_of(row: OrderRow) -> SignedOrder:
    """The order as its maker signed it."""
    return SignedOrder(
        maker=row.maker,
        beneficiary=row.beneficiary,
        class_id=row.class_id,
        side=Side(row.side),
        amount_gco2e=row.lots * LOT_GCO2E,
        price_per_kg=row.price_per_kg,
        max_fee_bps=row.max_fee_bps,
        expiry=row.expiry,
        number=row.number,
        epoch=row.epoch,
        action=Action(row.action),
        ref=row.ref,
    )


def instructions_of(row: OrderRow) -> Instructions:
    """What stood beside it."""
    return Instructions(
        time_in_force=TimeInForce(row.time_in_force),
        good_until=row.good_until,
        post_only=row.post_only,
        self_trade=SelfTrade(row.self_trade),
        client_order_id=row.client_order_id,
        is_market=row.is_market,
    )
