"""`tanyu trade`: orders from a terminal, each told in words before it is signed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from backend.access.terminal import AsJson, failing_plainly
from backend.access.wire import parse_address
from backend.kernel.clock import SystemClock, iso, parse_iso, unix_s
from backend.kernel.errors import InvalidInput
from backend.ledger.person_session import group_of
from backend.market.figures import base_units_in, lots_in
from backend.market.instructions import Instructions, SelfTrade, TimeInForce, check_instructions
from backend.market.order import (
    FEE_CAP_BPS,
    ZERO_REF,
    Action,
    OrderFieldOutOfRange,
    Side,
    SignedOrder,
    check_shape,
)
from backend.market.order_ref import order_named
from backend.market.terms import Terms, campaign_ref, words_of
from backend.market.trade_session import TradeSession
from backend.market.trade_tables import acknowledged_lines, verdict_lines
from backend.market.trader import Trader
from backend.market.validate_views import VerdictOut
from backend.market.views import AckOut

session = TradeSession()
app = group_of(
    session,
    "trade",
    "Your orders. Say who you are: `tanyu trade --keystore KEY --password-file FILE orders`, or `--dev 10` on the local"
    " chain. Amounts in kg, prices in payment tokens per kg. docs/market.md tells what becomes of an order.",
)

ClassRef = Annotated[str, typer.Argument(help="Credit class, such as CN-SC/2025/SIM.")]
Kg = Annotated[str, typer.Argument(help="How much: whole kilograms of CO2e.")]
Price = Annotated[str | None, typer.Option("--price", help="Limit price per kg, in payment tokens, such as 0.125.")]
AtMarket = Annotated[
    bool, typer.Option("--market", help="Takes what is there now, as far from the best price as the class protects.")
]
InForce = Annotated[TimeInForce, typer.Option("--in-force", help="How long it may wait: see docs/market.md.")]
GoodUntil = Annotated[str | None, typer.Option("--good-until", help="For gtd: leaves the book then; ISO-8601 with Z.")]
PostOnly = Annotated[bool, typer.Option("--post-only", help="Refused if it would meet an order at once.")]
AtSelfTrade = Annotated[SelfTrade, typer.Option("--self-trade", help="If it would meet an order of your own.")]
Name = Annotated[str | None, typer.Option("--name", help="Your name for it (clientOrderId): one order a name.")]
MaxFeeBps = Annotated[int, typer.Option("--max-fee-bps", min=0, help="The highest fee you accept, basis points.")]
Hours = Annotated[int, typer.Option("--hours", min=1, max=366 * 24, help="Until the signed expiry.")]
Number = Annotated[int | None, typer.Option("--number", min=0, help="An order number of yours: `trade number`.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Tells what would be signed and come of it. The server sees it signed.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Signs without asking.")]
OrderRef = Annotated[str, typer.Argument(help="An order of yours: its number, its hash, or your name for it.")]


class OptionsContradict(InvalidInput):
    """Options that do not go together, or one of two that is missing."""

    code = "market.options_contradict"


@dataclass(frozen=True)
class Wanted:
    """What an order command was given."""

    side: Side
    class_ref: str
    kg: str
    price: str | None
    is_market: bool
    max_fee_bps: int
    hours: int
    action: Action = Action.HOLD
    campaign: int | None = None
    beneficiary: str | None = None

    def terms(self, trader: Trader) -> Terms:
        """What it asks for. Raises ClassUnknown, FigureInexact, OptionsContradict, NobodyOffers and what `campaign_ref`
        and `address_of` raise.
        """
        if (self.price is None) != self.is_market:
            raise OptionsContradict("give either --price or --market")
        lots, price = lots_in(self.kg), None if self.price is None else base_units_in(self.price)
        listed = trader.listed(self.class_ref)
        return Terms(
            side=self.side,
            class_id=listed.class_id,
            lots=lots,
            price_per_kg=trader.protected_price(listed.class_code, self.side) if price is None else price,
            action=self.action,
            beneficiary=None if self.beneficiary is None else address_of(self.beneficiary),
            ref=ZERO_REF if self.campaign is None else campaign_ref(self.campaign),
            max_fee_bps=self.max_fee_bps,
            lifetime_s=self.hours * 3600,
        )


def address_of(text: str) -> str:
    """EIP-55 of what was given for an address. Raises OrderFieldOutOfRange."""
    try:
        return parse_address(text)
    except ValueError as failure:  # what pydantic raises
        raise OrderFieldOutOfRange("beneficiary", text[:80], "an address in EIP-55, or all lower-case") from failure


def _instructions(
    *,
    in_force: TimeInForce,
    good_until: str | None,
    post_only: bool,
    self_trade: SelfTrade,
    name: str | None,
    is_market: bool,
    hours: int,
) -> Instructions:
    """What stands beside the order. Raises TimeMalformed, OptionsContradict."""
    until = None if good_until is None else unix_s(parse_iso(good_until))
    if (in_force is TimeInForce.GTD) != (until is not None):
        raise OptionsContradict("--in-force gtd and --good-until go together: it says until when the order may wait")
    if until is not None and until >= unix_s(SystemClock().now()) + hours * 3600:
        raise OptionsContradict(f"--good-until is not before the signed expiry, {hours} h from now: give more --hours")
    return Instructions(
        time_in_force=TimeInForce.IOC if is_market and in_force is TimeInForce.GTC else in_force,
        good_until=until,
        post_only=post_only,
        self_trade=self_trade,
        client_order_id=name,
        is_market=is_market,
    )


def _asking(
    trader: Trader, class_ref: str, instructions: Instructions, *, yes: bool
) -> tuple[Callable[[SignedOrder], list[str]], Callable[[SignedOrder], None]]:
    """What tells an order in words, once its shape is good; and what asks before it is signed."""
    fee_bps = trader.listed(class_ref).fee_bps

    def said_of(order: SignedOrder) -> list[str]:
        check_shape(order)
        check_instructions(order, instructions)
        return words_of(order, instructions, fee_bps, session.words)

    def consent(order: SignedOrder) -> None:
        said = said_of(order)
        if not yes:
            typer.echo("\n".join(f"- {sentence}" for sentence in said), err=True)
            typer.confirm(session.words.says("signThis"), abort=True, err=True)

    return said_of, consent


def _place(
    wanted: Wanted, instructions: Instructions, *, number: int | None, dry_run: bool, yes: bool, as_json: bool
) -> None:
    with failing_plainly(as_json=as_json):
        with session.trader(signs=True) as trader:
            terms = wanted.terms(trader)
            said_of, consent = _asking(trader, wanted.class_ref, instructions, yes=yes)
            said_of(trader.order_of(terms, 0))  # what is malformed costs no number
            under = trader.lease_numbers(1).first if number is None else number
            if dry_run:
                order = trader.order_of(terms, under)
                verdict = trader.validate(trader.sign(order, instructions))
                _show_dry_run(order, said_of(order), verdict, as_json=as_json)
                return
            ack = trader.place_under(under, terms, instructions, consent)
        session.tell(ack, lambda found, words: acknowledged_lines(found, under, words), as_json=as_json)


def _show_dry_run(order: SignedOrder, said: Sequence[str], verdict: VerdictOut | None, *, as_json: bool) -> None:
    found = {"dryRun": True, "says": list(said), "order": order.wire(), "verdict": verdict}
    session.tell(found, lambda _found, words: verdict_lines(said, verdict, words), as_json=as_json)


@app.command()
def number(
    count: Annotated[int, typer.Option("--count", min=1, max=256, help="How many.")] = 1, *, as_json: AsJson = False
) -> None:
    """Takes order numbers for a day: one serves one order, whose maker nobody but you can be."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            given = trader.lease_numbers(count)
        found = {"from": str(given.first), "to": str(given.last), "expires": iso(given.expires_at)}
        session.show(found, as_json=as_json)


@app.command()
def buy(
    class_ref: ClassRef,
    kg: Kg,
    *,
    price: Price = None,
    market: AtMarket = False,
    retire: Annotated[bool, typer.Option("--retire", help="Retires for ever what it buys.")] = False,
    donate: Annotated[int | None, typer.Option("--donate", help="Gives what it buys to this campaign.")] = None,
    beneficiary: Annotated[str | None, typer.Option("--for", help="For whom it retires or donates.")] = None,
    in_force: InForce = TimeInForce.GTC,
    good_until: GoodUntil = None,
    post_only: PostOnly = False,
    self_trade: AtSelfTrade = SelfTrade.CANCEL_NEWEST,
    name: Name = None,
    max_fee_bps: MaxFeeBps = FEE_CAP_BPS,
    hours: Hours = 24,
    number: Number = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Buys credits: to hold, or with --retire or --donate to retire or give them the moment they are bought."""
    with failing_plainly(as_json=as_json):
        if retire and donate is not None:
            raise OptionsContradict("give --retire or --donate, not both")
        action = Action.RETIRE if retire else Action.HOLD if donate is None else Action.DONATE
        wanted = Wanted(Side.BUY, class_ref, kg, price, market, max_fee_bps, hours, action, donate, beneficiary)
        instructions = _instructions(
            in_force=in_force,
            good_until=good_until,
            post_only=post_only,
            self_trade=self_trade,
            name=name,
            is_market=market,
            hours=hours,
        )
    _place(wanted, instructions, number=number, dry_run=dry_run, yes=yes, as_json=as_json)


@app.command()
def sell(
    class_ref: ClassRef,
    kg: Kg,
    *,
    price: Price = None,
    market: AtMarket = False,
    in_force: InForce = TimeInForce.GTC,
    good_until: GoodUntil = None,
    post_only: PostOnly = False,
    self_trade: AtSelfTrade = SelfTrade.CANCEL_NEWEST,
    name: Name = None,
    max_fee_bps: MaxFeeBps = FEE_CAP_BPS,
    hours: Hours = 24,
    number: Number = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Sells credits that you hold; the Exchange must be allowed to move them (`trade allow credits`)."""
    with failing_plainly(as_json=as_json):
        wanted = Wanted(Side.SELL, class_ref, kg, price, market, max_fee_bps, hours)
        instructions = _instructions(
            in_force=in_force,
            good_until=good_until,
            post_only=post_only,
            self_trade=self_trade,
            name=name,
            is_market=market,
            hours=hours,
        )
    _place(wanted, instructions, number=number, dry_run=dry_run, yes=yes, as_json=as_json)


@app.command("replace")
def replace_order(
    order_ref: OrderRef,
    *,
    kg: Annotated[str | None, typer.Option("--kg", help="Other amount, whole kilograms.")] = None,
    price: Price = None,
    hours: Hours = 24,
    name: Name = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Puts another order in the place of an open one: only one of the two can ever fill. It keeps its place in the
    queue if it asks for no more, at the same price.
    """
    with failing_plainly(as_json=as_json):
        if kg is None and price is None:
            raise OptionsContradict("give --kg, --price or both")
        with session.trader(signs=True) as trader:
            old = order_named(trader, order_ref)
            instructions = replace(old.instructions(), client_order_id=name)
            order = trader.replacing(
                old,
                lots=None if kg is None else lots_in(kg),
                price_per_kg=None if price is None else base_units_in(price),
                lifetime_s=hours * 3600,
            )
            said_of, consent = _asking(trader, old.class_code, instructions, yes=yes)
            if dry_run:
                _show_dry_run(order, said_of(order), None, as_json=as_json)
                return
            consent(order)
            ack: AckOut = trader.send(trader.sign(order, instructions, old.order_hash))
        session.tell(ack, lambda found, words: acknowledged_lines(found, order.number, words), as_json=as_json)
