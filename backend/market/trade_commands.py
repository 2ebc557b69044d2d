"""`tanyu trade`: orders from a terminal, each told in words before it is signed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from backend.access.terminal import AsJson, emit, failing_plainly
from backend.kernel.clock import iso, parse_iso, unix_s
from backend.kernel.digest import to_hex
from backend.ledger.person_session import group_of
from backend.market.figures import base_units_in, lots_in, money_text
from backend.market.instructions import PLAIN, Instructions, SelfTrade, TimeInForce
from backend.market.order import FEE_CAP_BPS, Action, Side, SignedOrder
from backend.market.order_ref import order_named
from backend.market.terms import Terms, campaign_ref, words_of
from backend.market.trade_session import TradeSession
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
    bool,
    typer.Option("--dry-run", help="Tells what would be signed and what would become of it; the server sees it signed."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Signs without asking.")]
OrderRef = Annotated[str, typer.Argument(help="An order of yours: its number, its hash, or your name for it.")]


@dataclass(frozen=True)
class Wanted:
    """What an order command was given."""

    side: Side
    class_ref: str
    kg: str
    price: str | None
    is_market: bool
    instructions: Instructions
    action: Action = Action.HOLD
    campaign: int | None = None
    beneficiary: str | None = None
    max_fee_bps: int = FEE_CAP_BPS
    hours: int = 24
    number: int | None = None
