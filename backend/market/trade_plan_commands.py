"""`tanyu trade`: one buy over several classes, planned by the server, checked and signed here."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.text import Text

from backend.access.client import ApiProblem
from backend.access.terminal import EXIT_FINDING, AsJson, failing_plainly, show
from backend.kernel.mass import lots_of
from backend.market.buy_plan_client import Sought
from backend.market.buy_plan_views import BoughtOut, BuyPlanOut
from backend.market.figures import base_units_in, lots_in, money_text, price_text
from backend.market.order import FEE_CAP_BPS, ZERO_REF, Action
from backend.market.order_ref import OrderNotNamed
from backend.market.telling import table_of
from backend.market.terms import campaign_ref
from backend.market.trade_commands import Hours, Kg, MaxFeeBps, OptionsContradict, Yes, address_of, session
from backend.market.trade_setup_commands import app
from backend.market.views import AckOut
from backend.market.words import Words

__all__ = ["app"]


def _plan_tables(plan: BuyPlanOut, words: Words) -> RenderableType:
    orders = table_of(words, "class", "kg", "most", "cost", title=words.says("toBeSigned"))
    for one in plan.orders:
        limit = price_text(one.order.price_per_kg)
        orders.add_row(one.class_code, str(one.lots_fillable), limit, price_text(one.cost))
    passed = table_of(words, "class", "whyNothing")
    for other in plan.classes:
        if other.why is not None:
            passed.add_row(other.class_code, words.value(other.why))
    says = words.says(
        "planFor",
        reference=plan.reference,
        fillable=plan.lots_fillable,
        wanted=plan.lots_wanted,
        today=money_text(plan.cost + plan.fee),
        most=money_text(plan.cost + plan.fee_at_most),
    )
    simulated = "\n" + words.says("simulated") if plan.is_simulated else ""
    parts: list[RenderableType] = [Text(f"{says}{simulated}")]
    return Group(*parts, *([orders] if plan.orders else []), *([passed] if passed.row_count else []))


def _outcomes(plan: BuyPlanOut, found: Sequence[AckOut | ApiProblem]) -> list[dict[str, Any]]:
    return [
        {
            "classCode": one.class_code,
            "accepted": outcome if isinstance(outcome, AckOut) else None,
            "problem": outcome.problem if isinstance(outcome, ApiProblem) else None,
        }
        for one, outcome in zip(plan.orders, found, strict=True)
    ]


def _outcome_lines(outcomes: Sequence[dict[str, Any]], words: Words) -> RenderableType:
    return "\n".join(_outcome_line(one, words) for one in outcomes)


def _outcome_line(outcome: Mapping[str, Any], words: Words) -> str:
    ack, code = outcome["accepted"], outcome["classCode"]
    if ack is None:
        return words.says(
            "refusedOf", code=code, problem=outcome["problem"]["code"], detail=outcome["problem"]["detail"]
        )
    reason = f" ({words.value(ack.reason)})" if ack.reason else ""
    return words.says("boughtOf", code=code, kg=sum(fill.lots for fill in ack.fills)) + reason


@app.command("buy-any")
def buy_any(
    kg: Kg,
    *,
    price: Annotated[str, typer.Option("--price", help="The most to pay per kg, in payment tokens.")],
    regions: Annotated[
        list[str] | None, typer.Option("--region", help="Only of this region, such as CN or CN-SC. Again for more.")
    ] = None,
    vintages: Annotated[
        list[int] | None, typer.Option("--vintage", help="Only of this vintage year. Again for more.")
    ] = None,
    methodology: Annotated[str | None, typer.Option("--methodology", help="Only of this one, such as SIM.")] = None,
    all_or_nothing: Annotated[bool, typer.Option("--all", help="All of it, which only one class can give.")] = False,
    retire: Annotated[bool, typer.Option("--retire", help="Retires for ever what it buys.")] = False,
    donate: Annotated[int | None, typer.Option("--donate", help="Gives what it buys to this campaign.")] = None,
    beneficiary: Annotated[str | None, typer.Option("--for", help="For whom it retires or donates.")] = None,
    reference: Annotated[str | None, typer.Option("--name", help="Your name for all of it.")] = None,
    max_fee_bps: MaxFeeBps = FEE_CAP_BPS,
    hours: Hours = 24,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Shows the plan and signs nothing.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Buys what is offered for least now, of whichever classes meet your criteria; what is not there is given up. Exits
    1 if an order of it was refused.
    """
    with failing_plainly(as_json=as_json):
        if retire and donate is not None:
            raise OptionsContradict("give --retire or --donate, not both")
        sought = Sought(
            lots=lots_in(kg),
            limit_per_kg=base_units_in(price),
            regions=tuple(regions or ()),
            vintages=tuple(vintages or ()),
            methodology=methodology,
            action=Action.RETIRE if retire else Action.HOLD if donate is None else Action.DONATE,
            beneficiary=None if beneficiary is None else address_of(beneficiary),
            ref=ZERO_REF if donate is None else campaign_ref(donate),
            max_fee_bps=max_fee_bps,
            lifetime_s=hours * 3600,
            all_or_nothing=all_or_nothing,
            reference=reference,
        )
        with session.trader(signs=True) as trader:
            plan = trader.plan(sought)
            if dry_run or not plan.orders:
                session.tell(plan, _plan_tables, as_json=as_json)
                return
            if not yes:
                words = session.words
                show(_plan_tables(plan, words), Console(stderr=True), words.language)
                typer.confirm(words.says("signEach", count=len(plan.orders)), abort=True, err=True)
            found = trader.place_plan(plan)
        outcomes = _outcomes(plan, found)
        shown = {"reference": plan.reference, "outcomes": outcomes}
        session.tell(shown, lambda _shown, words: _outcome_lines(outcomes, words), as_json=as_json)
        if any(one["problem"] is not None for one in outcomes):
            raise typer.Exit(EXIT_FINDING)


def _bought_lines(found: BoughtOut, words: Words) -> RenderableType:
    table = table_of(words, "class", "kg", "kgMatched", "state", "number")
    for order in found.orders:
        kg = str(lots_of(order.amount_gco2e))
        state = words.value(order.state)
        table.add_row(order.class_code, kg, str(order.lots_matched), state, str(order.number))
    figures = {"matched": found.lots_matched, "ordered": found.lots_ordered, "cost": money_text(found.cost)}
    return Group(Text(words.says("bought", **figures)), table)


@app.command()
def bought(
    reference: Annotated[str, typer.Argument(help="The name of a buy over several classes.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Tells what became of a buy over several classes: its orders, what they got, what it cost."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            found = trader.bought(reference)
        if not found.orders:
            raise OrderNotNamed(reference)
        session.tell(found, _bought_lines, as_json=as_json)
