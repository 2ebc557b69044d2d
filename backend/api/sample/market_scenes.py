"""Money, orders and trades. Every scene may be played again from its beginning."""

from sqlmodel import col, select

from backend.api.sample.stage import CALIFORNIA, SICHUAN, Stage
from backend.ledger.deficit import open_deficits
from backend.ledger.person import person_at
from backend.link.balances import credit_approved, payment_allowance, payment_balance
from backend.link.outbox import enqueue
from backend.market.order import Action, Side
from backend.market.tables import OrderRow, OrderState, TradeRow, TradeState

SELLERS = ("coastal-1", "coastal-2", "coastal-3", "leshan-family-1", "leshan-family-2", "zigong-couple-1")
BUYERS = ("desert-flat-1", "mountain-1", "desert-house-1", "chengdu-flyer-1", "mianyang-couple-1", "trader")
DONORS = ("zigong-couple-2", "leshan-family-1")
POCKET_MONEY = 1_000_000_000
"""1,000 test dollars in base units of 6 decimals."""


def _all_settled(stage: Stage) -> bool:
    """No trade is on its way."""
    final = (TradeState.SETTLED, TradeState.BUSTED)
    with stage.database.read() as session:
        return session.exec(select(TradeRow.id).where(col(TradeRow.state).not_in(final))).first() is None


def _deficit_reference(stage: Stage, key: str) -> bytes:
    """The salted reference of an actor's open deficit."""
    with stage.database.read() as session:
        person = person_at(session, stage.actor(key).signer.address)
        return open_deficits(session, person.person_id)[0].reference


def money_and_approvals(stage: Stage) -> None:
    """Buyers get test money; sellers, buyers and donors approve the contracts."""
    addresses = {key: stage.actor(key).signer.address for key in (*SELLERS, *BUYERS, *DONORS)}
    with stage.database.write() as session:
        for key in BUYERS:
            data = stage.contracts.encode("PaymentToken", "mint", [addresses[key], POCKET_MONEY])
            now = stage.clock.now()
            enqueue(session, kind="faucet", reference=key, contract="PaymentToken", data=data, now=now)
    for key in BUYERS:
        stage.player(key).permit()
    for key in (*SELLERS, "trader", "mianyang-couple-1"):
        stage.player(key).approve("Exchange")
    for key in DONORS:
        stage.player(key).approve("Charity")
    exchange, charity = (stage.contracts.deployment.address(name) for name in ("Exchange", "Charity"))

    def everything_is_there() -> bool:
        with stage.database.read() as session:
            return (
                all(payment_balance(session, addresses[key]) >= POCKET_MONEY for key in BUYERS)
                and all(payment_allowance(session, addresses[key], exchange) for key in BUYERS)
                and all(credit_approved(session, addresses[key], exchange) for key in SELLERS)
                and all(credit_approved(session, addresses[key], charity) for key in DONORS)
            )

    stage.until(everything_is_there, "money and approvals")


def markets_open(stage: Stage) -> None:
    """Both classes are let trade at once: nobody who tries the market has to wait for a call."""
    operator, codes = stage.player("operator"), (CALIFORNIA, SICHUAN)
    for code in codes:
        operator.let_trade_at_once(code, "to be tried at any time of the day; a real class would earn this")
    stage.until(lambda: all(operator.phase(code) == "continuous" for code in codes), "the markets to open")


def californians_trade(stage: Stage) -> None:
    """Californians trade: one buys to settle a deficit, one to keep, one to give."""
    sell = Side.SELL
    stage.player("coastal-1").order("sell", sell, CALIFORNIA, 40, 520_000)
    stage.player("coastal-2").order("sell", sell, CALIFORNIA, 30, 500_000)
    stage.player("coastal-3").order("sell", sell, CALIFORNIA, 20, 550_000)
    stage.player("desert-flat-1").order(
        "settle my deficit",
        Side.BUY,
        CALIFORNIA,
        50,
        600_000,
        action=Action.RETIRE,
        ref=_deficit_reference(stage, "desert-flat-1"),
    )
    stage.player("mountain-1").order("keep", Side.BUY, CALIFORNIA, 20, 530_000)
    stage.player("desert-house-1").order(
        "give", Side.BUY, CALIFORNIA, 10, 560_000, action=Action.DONATE, ref=int(stage.notes["aid"]).to_bytes(32)
    )
    stage.until(lambda: _all_settled(stage), "the Californian trades to settle")


def sichuanese_trade(stage: Stage) -> None:
    """Sichuanese trade, and one order is cancelled."""
    stage.player("zigong-couple-1").order("sell", Side.SELL, SICHUAN, 50, 80_000)
    stage.player("leshan-family-2").order("sell", Side.SELL, SICHUAN, 40, 90_000)
    kept = stage.player("leshan-family-1").order("sell dear", Side.SELL, SICHUAN, 30, 400_000)
    with stage.database.read() as session:
        row = session.exec(select(OrderRow).where(OrderRow.order_hash == bytes.fromhex(kept[2:]))).one()
    if row.state == OrderState.OPEN:
        stage.player("leshan-family-1").cancel(kept)
    stage.player("chengdu-flyer-1").order(
        "settle a part of my deficit",
        Side.BUY,
        SICHUAN,
        60,
        100_000,
        action=Action.RETIRE,
        ref=_deficit_reference(stage, "chengdu-flyer-1"),
    )
    stage.player("mianyang-couple-1").order("keep", Side.BUY, SICHUAN, 20, 95_000)
    stage.until(lambda: _all_settled(stage), "the Sichuanese trades to settle")


def some_orders_stay(stage: Stage) -> None:
    """A few orders stay in the book."""
    stage.player("coastal-3").order("sell later", Side.SELL, CALIFORNIA, 15, 600_000)
    stage.player("trader").order("bid", Side.BUY, CALIFORNIA, 25, 450_000)
    stage.player("leshan-family-2").order("sell later", Side.SELL, SICHUAN, 10, 110_000)
    stage.player("trader").order("bid in Sichuan", Side.BUY, SICHUAN, 30, 70_000)
