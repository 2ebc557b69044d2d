"""`tanyu trade`: taking orders back, one or all, by hand or when nothing is heard of their owner any more."""

from typing import Annotated

import typer

from backend.access.terminal import AsJson, failing_plainly, to_json
from backend.kernel.clock import SystemClock, from_unix_s, iso, parse_iso, unix_s
from backend.market.cancel_views import HeartbeatOut
from backend.market.order_ref import order_named
from backend.market.terms import DAY_S
from backend.market.trade_commands import DryRun, OptionsContradict, OrderRef, Yes, app, session
from backend.market.trade_tables import cancelled_lines
from backend.market.words import Words

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
            words = session.words
            says = words.says("leaves", number=order.number, code=order.class_code, kg=order.lots_open)
            if hard:
                says += f" {words.says('leavesHard')}"
            if dry_run:
                session.tell_dry_run(says, as_json=as_json)
                return
            if hard and not yes:
                typer.confirm(f"{says} {words.says('signThis')}", abort=True, err=True)
            if hard:
                found = trader.cancel_signed(order.number, hard=True, deadline=until)
            else:
                found = trader.cancel(order.order_hash)
        deadline = iso(from_unix_s(until)) if hard else None
        shown = to_json(found) | ({"deadline": deadline} if hard else {})
        session.tell(
            shown, lambda _shown, words: cancelled_lines(found, order.number, deadline, words), as_json=as_json
        )


@app.command("cancel-all")
def cancel_all(of_class: OfClass = None, *, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Takes all your open orders off the book, or those of one class; at once and free."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            if dry_run:
                class_id = None if of_class is None else trader.listed(of_class).class_id
                found = [order for order in trader.orders(only_open=True) if class_id in {None, order.class_id}]
                session.tell_dry_run(session.words.says("wouldLeave", count=len(found)), as_json=as_json)
                return
            done = trader.cancel_all(of_class)
        session.tell(done, lambda one, words: words.says("leftMany", count=len(one.order_hashes)), as_json=as_json)


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
        session.tell(found, _beaten, as_json=as_json)


def _beaten(found: HeartbeatOut, words: Words) -> str:
    if found.until is None:
        return words.says("heartbeatOff")
    return words.says("heartbeatUntil", until=iso(found.until))
