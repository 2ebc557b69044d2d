"""Orders, trades and funds as a terminal of 80 columns shows them: kilograms, payment tokens, minutes."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from backend.access.figures import kg_text, minute_text, short_hex
from backend.kernel.clock import from_unix_s
from backend.kernel.digest import to_hex
from backend.kernel.mass import lots_of
from backend.market.figures import TOKEN, money_text, price_text
from backend.market.order import Action
from backend.market.order_life import LifeStep
from backend.market.tables import OrderState
from backend.market.tape_views import BalancesOut, FeesOut, MovementOut, OwnTradeOut
from backend.market.validate_views import VerdictOut
from backend.market.views import AckOut, OrderOut

NONE = "none"


def orders_table(orders: Sequence[OrderOut]) -> RenderableType:
    """One order a line, the signed number first: by it a command names the order."""
    if not orders:
        return NONE
    are_open = all(order.state == OrderState.OPEN for order in orders)
    last = "until (UTC)" if are_open else "state"
    table = Table("number", "class", "side", "kg open", f"{TOKEN.symbol} per kg", last)
    for order in orders:
        table.add_row(
            str(order.number),
            order.class_code,
            order.side if order.action == Action.HOLD else order.action,
            f"{order.lots_open} of {lots_of(order.amount_gco2e)}",
            price_text(order.price_per_kg),
            _short_time(from_unix_s(order.good_until or order.expiry)) if are_open else order.state,
        )
    return table


def trades_table(trades: Sequence[OwnTradeOut]) -> RenderableType:
    """One trade a line, newest first."""
    if not trades:
        return NONE
    table = Table("trade", "time (UTC)", "class", "side", "kg", f"{TOKEN.symbol} per kg", "state")
    for trade in trades:
        table.add_row(
            str(trade.trade_id),
            _short_time(trade.matched_at),
            trade.class_code,
            trade.side,
            str(trade.lots),
            price_text(trade.price_per_kg),
            trade.state,
        )
    return table


def _short_time(at: datetime) -> str:
    """A UTC time of this year to the minute: there is no room for more."""
    return at.strftime("%m-%d %H:%M")


def balances_tables(balances: BalancesOut) -> RenderableType:
    """Money, then credits by class."""
    money = balances.money
    table = Table(TOKEN.symbol, "amount")
    for name in ("held", "allowed", "in_orders", "in_flight", "free"):
        amount = getattr(money, name)
        table.add_row(name.replace("_", " "), "without limit" if amount >= 1 << 255 else price_text(amount))
    credits_table = Table("class", "held kg", "in orders", "in flight", "free kg", "Exchange may")
    for held in balances.credits:
        sums = (held.held_gco2e, held.in_orders_gco2e, held.in_flight_gco2e, held.free_gco2e)
        credits_table.add_row(held.class_code, *map(kg_text, sums), "move" if held.is_approved else "not move")
    return Group(table, credits_table) if balances.credits else table


def movements_table(movements: Sequence[MovementOut]) -> RenderableType:
    """Deposits and withdrawals, newest first."""
    if not movements:
        return NONE
    table = Table("time (UTC)", "what", "amount", "state", "block")
    for one in movements:
        amount = money_text(one.amount) if one.class_code is None else f"{kg_text(one.amount)} kg {one.class_code}"
        table.add_row(minute_text(one.at), one.direction, amount, one.state, str(one.block_number))
    return table


def fees_table(fees: Sequence[FeesOut]) -> RenderableType:
    """What was traded and paid, by class."""
    if not fees:
        return NONE
    table = Table("class", "fills", "kg", f"cost, {TOKEN.symbol}", f"fee, {TOKEN.symbol}")
    for one in fees:
        table.add_row(one.class_code, str(one.fills), str(one.lots), price_text(one.cost), price_text(one.fee))
    return table


def life_table(order: OrderOut, steps: Sequence[LifeStep]) -> RenderableType:
    """What an order is, where it stands, and every step on the way."""
    head = Text(
        f"Order {order.number}: {order.side} {lots_of(order.amount_gco2e)} kg of {order.class_code} at "
        f"{money_text(order.price_per_kg)} per kg, {order.time_in_force}\n{to_hex(order.order_hash)}\n"
        f"It is {order.state}: {order.lots_matched} kg matched, {order.lots_open} kg open."
    )
    table = Table("time (UTC)", "step", "trade", "kg", "more")
    for step in steps:
        trade = "" if step.trade_id is None else str(step.trade_id)
        table.add_row(step.at.strftime("%m-%d %H:%M:%S"), step.step, trade, str(step.lots), _more(step))
    return Group(head, table)


def _more(step: LifeStep) -> str:
    if step.price_per_kg is not None:
        return f"at {money_text(step.price_per_kg)} per kg"
    return step.reason or ("" if step.tx_hash is None else f"in {short_hex(to_hex(step.tx_hash))}")


def acknowledged_lines(ack: AckOut, number: int | None = None) -> RenderableType:
    """What the operator signed for, and what became of the order at once."""
    name = "Accepted" if number is None else f"Accepted as order {number}"
    lines = [f"{name}: {ack.outcome}" + (f" ({ack.reason})" if ack.reason else ""), to_hex(ack.order_hash)]
    lines += [f"  {fill.lots} kg at {money_text(fill.price_per_kg)}, trade {fill.trade_id}" for fill in ack.fills]
    if ack.lots_open:
        lines.append(f"  {ack.lots_open} kg wait in the book")
    if given_up := ack.lots_killed + ack.lots_stopped:
        lines.append(f"  {given_up} kg given up")
    return Text("\n".join(lines))


def verdict_lines(words: Sequence[str], verdict: VerdictOut | None) -> RenderableType:
    """What would be signed, and what would become of it now."""
    lines = ["This would be signed; nothing was placed:", *(f"- {sentence}" for sentence in words)]
    if verdict is None:
        return Text("\n".join(lines))
    if verdict.problem is not None:
        lines.append(f"It would be refused: {verdict.problem['code']}: {verdict.problem['detail']}")
    at_once = f"{verdict.lots_fillable} kg at once from {verdict.orders} orders"
    if verdict.lots_fillable:
        at_once += f", for {money_text(verdict.cost)} before the fee"
    lines.append(f"It would get {at_once}." if verdict.accepted else f"There is {at_once} for it.")
    if verdict.why_not_all is not None:
        lines.append(f"Not all of it: {verdict.why_not_all}.")
    return Text("\n".join(lines))
