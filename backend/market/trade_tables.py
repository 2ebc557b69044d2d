"""Orders, trades and funds as a terminal of 80 columns shows them: kilograms, payment tokens, minutes."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from backend.access.figures import kg_text, minute_text, short_hex
from backend.kernel.clock import from_unix_s
from backend.kernel.digest import to_hex
from backend.kernel.mass import lots_of
from backend.market.cancel_views import CancelledOut
from backend.market.figures import money_text, price_text
from backend.market.order import Action
from backend.market.order_life import LifeStep
from backend.market.tables import OrderState
from backend.market.tape_views import BalancesOut, FeesOut, MovementOut, OwnTradeOut
from backend.market.telling import table_of
from backend.market.validate_views import VerdictOut
from backend.market.views import AckOut, OrderOut
from backend.market.words import Words


def orders_table(orders: Sequence[OrderOut], words: Words) -> RenderableType:
    """One order a line, the signed number first: by it a command names the order."""
    if not orders:
        return words.says("none")
    are_open = all(order.state == OrderState.OPEN for order in orders)
    table = table_of(words, "number", "class", "side", "kgOpen", "price", "until" if are_open else "state")
    for order in orders:
        until = _short_time(from_unix_s(order.good_until or order.expiry))
        table.add_row(
            str(order.number),
            order.class_code,
            words.value(order.side if order.action == Action.HOLD else order.action),
            words.says("ofOrdered", open=order.lots_open, whole=lots_of(order.amount_gco2e)),
            price_text(order.price_per_kg),
            until if are_open else words.value(order.state),
        )
    return table


def trades_table(trades: Sequence[OwnTradeOut], words: Words) -> RenderableType:
    """One trade a line, newest first."""
    if not trades:
        return words.says("none")
    table = table_of(words, "trade", "time", "class", "side", "kg", "price", "state")
    for trade in trades:
        table.add_row(
            str(trade.trade_id),
            _short_time(trade.matched_at),
            trade.class_code,
            words.value(trade.side),
            str(trade.lots),
            price_text(trade.price_per_kg),
            words.value(trade.state),
        )
    return table


def _short_time(at: datetime) -> str:
    """A UTC time of this year to the minute: there is no room for more."""
    return at.strftime("%m-%d %H:%M")


def balances_tables(balances: BalancesOut, words: Words) -> RenderableType:
    """Money, then credits by class."""
    money = balances.money
    table = table_of(words, "what", "amountOfMoney")
    for name in ("held", "allowed", "in_orders", "in_flight", "free"):
        amount = getattr(money, name)
        table.add_row(words.value(name), words.says("withoutLimit") if amount >= 1 << 255 else price_text(amount))
    credits_table = table_of(words, "class", "heldKg", "inOrders", "inFlight", "freeKg", "exchangeMay")
    for held in balances.credits:
        sums = (held.held_gco2e, held.in_orders_gco2e, held.in_flight_gco2e, held.free_gco2e)
        may = words.says("mayMove" if held.is_approved else "mayNotMove")
        credits_table.add_row(held.class_code, *map(kg_text, sums), may)
    return Group(table, credits_table) if balances.credits else table


def movements_table(movements: Sequence[MovementOut], words: Words) -> RenderableType:
    """Deposits and withdrawals, newest first."""
    if not movements:
        return words.says("none")
    table = table_of(words, "time", "what", "amount", "state", "block")
    for one in movements:
        amount = money_text(one.amount) if one.class_code is None else f"{kg_text(one.amount)} kg {one.class_code}"
        what, state = words.value(one.direction), words.value(one.state)
        table.add_row(minute_text(one.at), what, amount, state, str(one.block_number))
    return table


def fees_table(fees: Sequence[FeesOut], words: Words) -> RenderableType:
    """What was traded and paid, by class."""
    if not fees:
        return words.says("none")
    table = table_of(words, "class", "fills", "kg", "cost", "feePaid")
    for one in fees:
        table.add_row(one.class_code, str(one.fills), str(one.lots), price_text(one.cost), price_text(one.fee))
    return table


def life_table(order: OrderOut, steps: Sequence[LifeStep], words: Words) -> RenderableType:
    """What an order is, where it stands, and every step on the way."""
    head = words.says(
        "lifeHead",
        number=order.number,
        side=words.value(order.side),
        kg=lots_of(order.amount_gco2e),
        code=order.class_code,
        price=money_text(order.price_per_kg),
        force=words.value(order.time_in_force),
    )
    now = words.says("lifeNow", state=words.value(order.state), matched=order.lots_matched, open=order.lots_open)
    table = table_of(words, "time", "step", "trade", "kg", "more")
    for step in steps:
        trade = "" if step.trade_id is None else str(step.trade_id)
        at = step.at.strftime("%m-%d %H:%M:%S")
        table.add_row(at, words.value(step.step), trade, str(step.lots), _more(step, words))
    return Group(Text("\n".join([head, to_hex(order.order_hash), now])), table)


def _more(step: LifeStep, words: Words) -> str:
    if step.price_per_kg is not None:
        return words.says("perKg", price=money_text(step.price_per_kg))
    if step.reason is not None:
        return words.value(step.reason)
    return "" if step.tx_hash is None else words.says("inTransaction", hash=short_hex(to_hex(step.tx_hash)))


def acknowledged_lines(ack: AckOut, number: int, words: Words) -> RenderableType:
    """What the operator signed for, and what became of the order at once."""
    outcome = words.value(ack.outcome) + (f" ({words.value(ack.reason)})" if ack.reason else "")
    lines = [words.says("acceptedAs", number=number, outcome=outcome), to_hex(ack.order_hash)]
    lines += [
        words.says("filledAt", kg=fill.lots, price=money_text(fill.price_per_kg), trade=fill.trade_id)
        for fill in ack.fills
    ]
    if ack.lots_open:
        lines.append(words.says("wait", kg=ack.lots_open))
    if given_up := ack.lots_killed + ack.lots_stopped:
        lines.append(words.says("givenUpKg", kg=given_up))
    return Text("\n".join(lines))


def cancelled_lines(cancelled: CancelledOut, number: int, deadline: str | None, words: Words) -> RenderableType:
    """That an order is off the book, and what the chain says of it where it was told."""
    lines = [
        words.says(
            "leftBook", number=number, at=f"{cancelled.cancelled_at:%Y-%m-%d %H:%M:%SZ}", kg=cancelled.lots_matched
        ),
        to_hex(cancelled.order_hash),
    ]
    if cancelled.chain is not None:
        lines.append(words.says("onChain", state=words.value(cancelled.chain.state), deadline=deadline))
    return Text("\n".join(lines))


def verdict_lines(said: Sequence[str], verdict: VerdictOut | None, words: Words) -> RenderableType:
    """What would be signed, and what would become of it now."""
    lines = [words.says("nothingPlaced"), *(f"- {sentence}" for sentence in said)]
    if verdict is None:
        return Text("\n".join(lines))
    if verdict.problem is not None:
        lines.append(words.says("refused", code=verdict.problem["code"], detail=verdict.problem["detail"]))
    figures = {"kg": verdict.lots_fillable, "orders": verdict.orders, "cost": money_text(verdict.cost)}
    what = words.says("atOnceFor" if verdict.lots_fillable else "atOnce", **figures)
    lines.append(words.says("wouldGet" if verdict.accepted else "thereIs", what=what))
    if verdict.why_not_all is not None:
        lines.append(words.says("notAll", why=words.value(verdict.why_not_all)))
    return Text("\n".join(lines))
