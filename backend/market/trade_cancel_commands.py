"""`tanyu trade`: taking orders back, one or all, by hand or when nothing is heard of their owner any more."""

from typing import Annotated

import typer

from backend.access.terminal import AsJson, emit, failing_plainly, to_json
from backend.access.told import told
from backend.kernel.clock import SystemClock, from_unix_s, iso, parse_iso, unix_s
from backend.market.order_ref import order_named
from backend.market.terms import DAY_S
from backend.market.trade_commands import DryRun, OptionsContradict, OrderRef, Yes, app, session

__all__ = ["app"]

OfClass = Annotated[str | None, typer.Option("--class", help="Only of this class, such as CN-SC/2025/SIM.")]


@app.command()
def cancel(
    order_ref: OrderRef,
    *,
    hard: Annotated[
        bool, typer.Option("--hard", help="Tells the chain too, at no cost: from then on nobody can settle it.")
    ] = False,
    deadline: Annotated[
        str | None, typer.Option("--deadline", help="Of a hard cancel before: tells where that one stands.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Takes an order off the book, at once and free. What was matched stands. A hard cancel is signed with your key."""
    with failing_plainly(as_json=as_json):
        if deadline is not None and not hard:
            raise OptionsContradict("--deadline is of a hard cancel: give --hard too")
        until = unix_s(SystemClock().now()) + DAY_S if deadline is None else unix_s(parse_iso(deadline))
        with session.trader(signs=hard) as trader:
            order = order_named(trader, order_ref)
            says = f"Order {order.number} of {order.class_code} leaves the book, with {order.lots_open} kg open."
            if hard:
                says += " The chain is told, and nobody can settle it any more."
            if dry_run:
                emit({"dryRun": True, "says": says}, as_json=as_json, render=lambda found: str(found["says"]))
                return
            if hard and not yes:
                typer.confirm(f"{says} Sign this?", abort=True, err=True)
            if hard:
                found = trader.cancel_signed(order.number, hard=True, deadline=until)
            else:
                found = trader.cancel(order.order_hash)
        shown = to_json(found) | ({"deadline": iso(from_unix_s(until))} if hard else {})
        emit(shown, as_json=as_json, render=told)


@app.command("cancel-all")
def cancel_all(of_class: OfClass = None, *, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Takes all your open orders off the book, or those of one class; at once and free."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            if dry_run:
                class_id = None if of_class is None else trader.listed(of_class).class_id
                found = [order for order in trader.orders(only_open=True) if class_id in {None, order.class_id}]
                says = f"{len(found)} open orders would leave the book."
                emit({"dryRun": True, "says": says}, as_json=as_json, render=lambda one: str(one["says"]))
                return
            done = trader.cancel_all(of_class)
        emit(done, as_json=as_json, render=lambda one: f"{len(one.order_hashes)} orders left the book")


@app.command()
def heartbeat(
    seconds: Annotated[int, typer.Argument(min=0, max=86_400, help="5 to 86,400; 0 switches it off.")],
    *,
    as_json: AsJson = False,
) -> None:
    """The dead-man switch: all your open orders are cancelled unless you say so again within so many seconds."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            found = trader.beat(seconds)
        until = None if found.until is None else iso(found.until)
        says = "Off." if until is None else f"Your orders are cancelled at {until} unless you say this again before."
        emit(found, as_json=as_json, render=lambda _found: says)
