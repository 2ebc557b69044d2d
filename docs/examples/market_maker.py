"""A market maker: quotes both sides of a class around a reference, with nothing but the trading client.

    .venv/bin/python docs/examples/market_maker.py http://127.0.0.1:8000 CN-SC/2025/SIM --dev INDEX --reference 0.1

It keeps one post-only buy and one post-only sell in the book, `--spread-bps` apart. What it is filled with moves its
quotes: each lot that it holds more than at the start lowers both by `--skew-bps`, so that it is soon sold again; and
beyond `--most-kg` it quotes one side only. It quotes anew the moment the stream tells it of a fill. Its dead-man switch
clears its quotes if it dies (`--heartbeat` seconds); SIGTERM and Ctrl-C cancel them and end it.

A quote that would meet an offer is quoted anew behind it; one that the market does not take now, as while its class is
halted, is tried again with the next beat. Any other refusal ends it with exit code 1 and a word on what to do.

Its account needs credits, money, and to let the Exchange take both (`tanyu trade allow`). Key: `--keystore` with
`--password-file`, or `--dev`, a development account of the local chain.
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from backend.access.client import ApiClient, ApiProblem
from backend.access.signed_in import key_of, require_fit_key
from backend.kernel.errors import RuleViolated, TanyuError
from backend.market.admission import ListedWouldCross, PhaseRefuses, PostOnlyWouldCross
from backend.market.figures import base_units_in, money_text
from backend.market.funds import AllowanceInsufficient, CreditsInsufficient, CreditsNotApproved, PaymentInsufficient
from backend.market.inbox import MarketBusy, MarketStopped
from backend.market.instructions import Instructions
from backend.market.order import Side
from backend.market.own_stream import FundsNews, News, OrderNews, OwnStream
from backend.market.replay import HEARTBEAT_MISSED
from backend.market.rules import PositionExceeded
from backend.market.tables import OrderState
from backend.market.terms import Terms
from backend.market.trader import Trader
from backend.market.views import AckOut, RulesOut

BPS = 10_000
QUOTE = Instructions(post_only=True)

BOOK_MOVED = frozenset({PostOnlyWouldCross.code, ListedWouldCross.code})
NOT_NOW = frozenset({PhaseRefuses.code, MarketBusy.code, MarketStopped.code})
TRIES_MAX = 5
"""How often it quotes anew at once in a book that moves; then it waits for the next beat."""

WHAT_TO_DO = {
    CreditsNotApproved.code: "let the Exchange move your credits: tanyu trade allow credits",
    AllowanceInsufficient.code: "let the Exchange take your money: tanyu trade allow money",
    CreditsInsufficient.code: "bring credits of the class, or quote less: --kg, --most-kg",
    PaymentInsufficient.code: "bring money (on the local chain: tanyu trade faucet), or quote less: --kg, --most-kg",
    PositionExceeded.code: "hold less of the class, or quote less: --kg, --most-kg",
}


class QuoteRefused(RuleViolated):
    """A quote that will not be taken, however often it is sent."""

    code = "market_maker.quote_refused"

    def __init__(self, terms: Terms, refusal: ApiProblem) -> None:
        advice = WHAT_TO_DO.get(refusal.problem_code, "see docs/market.md")
        super().__init__(f"the {terms.side} was refused with {refusal.problem_code}: {refusal}; {advice}")


@dataclass(frozen=True)
class Strategy:
    """What it quotes. Prices in base units per kg, lots of 1 kg."""

    reference: int
    spread_bps: int
    skew_bps: int
    lots: int
    most_lots: int
    """The furthest that its position may be from where it began, either way."""

    def prices(self, position: int, tick: int) -> tuple[int, int]:
        """Bid and ask, whole ticks, at a position: lots bought less lots sold."""
        centre = self.reference * (BPS - self.skew_bps * position) // BPS
        half = self.reference * self.spread_bps // (2 * BPS)
        bid = max((centre - half) // tick, 1) * tick
        return bid, max(-(-(centre + half) // tick) * tick, bid + tick)

    def sides(self, position: int) -> tuple[Side, ...]:
        """Which sides it quotes at a position."""
        rooms = {Side.BUY: self.most_lots - position, Side.SELL: self.most_lots + position}
        return tuple(side for side, room in rooms.items() if room >= self.lots)


@dataclass(frozen=True)
class Beat:
    """It has just said that it is still there."""


class MarketMaker:
    """One class's two quotes. `run` until `stop`."""

    def __init__(self, trader: Trader, listed: RulesOut, strategy: Strategy, heartbeat_s: int) -> None:
        self.trader, self.listed, self.strategy, self.heartbeat_s = trader, listed, strategy, heartbeat_s
        self.position = 0
        """Lots bought less lots sold since the start; a busted trade is taken out again."""
        self._inbox: SimpleQueue[News | TanyuError | Beat | None] = SimpleQueue()
        """What the stream tells; None to end. Of the kind that a signal's handler may put into."""
        self._beaten_at = monotonic()
        self._has_begun = False
        self._is_short = False
        """Whether a quote of its is not in the book that should be."""

    def run(self) -> None:
        """Quotes, and quotes anew after every fill, until it is stopped. However it ends, it leaves no quote behind."""
        own = self.trader.follow()
        self._beat()
        Thread(target=self._listen, args=(own,), daemon=True).start()
        try:
            while (news := self._next()) is not None:
                if isinstance(news, TanyuError):
                    raise news
                if self._concerns(news):
                    self.quote()
        finally:
            gone = self.trader.cancel_all(self.listed.class_code)
            self.trader.beat(0)
            print(f"cancelled {len(gone.order_hashes)} quotes; position {self.position} kg", flush=True)

    def stop(self) -> None:
        """Ends `run` as soon as it comes to it."""
        self._inbox.put(None)

    def quote(self) -> None:
        """Takes the old quotes off and puts new ones in, for what the position is now. Raises QuoteRefused."""
        for _ in range(TRIES_MAX):
            self.trader.cancel_all(self.listed.class_code)
            refusals = self._put_in()
            self._is_short = bool(refusals)
            if not refusals & BOOK_MOVED:
                break

    def _put_in(self) -> set[str]:
        """Puts quotes in, and tells by which codes some were refused for now."""
        refusals = set()
        wanted = [(terms, QUOTE) for terms in self._quotes()]
        for (terms, _), found in zip(wanted, self.trader.place_each(wanted), strict=True):
            outcome = found.outcome if isinstance(found, AckOut) else found.problem_code
            print(f"{terms.side} {terms.lots} kg at {money_text(terms.price_per_kg)}: {outcome}", flush=True)
            if isinstance(found, ApiProblem):
                if found.problem_code not in BOOK_MOVED | NOT_NOW:
                    raise QuoteRefused(terms, found)
                refusals.add(found.problem_code)
        return refusals

    def _quotes(self) -> Iterator[Terms]:
        """What it wants in the book: its strategy's prices, behind what others offer already."""
        tick, best = self.listed.tick, self.trader.best(self.listed.class_code)
        bid, ask = self.strategy.prices(self.position, tick)
        if best.ask is not None:
            bid = min(bid, best.ask.price_per_kg - tick)
        if best.bid is not None:
            ask = max(ask, best.bid.price_per_kg + tick)
        for side in self.strategy.sides(self.position):
            price = bid if side is Side.BUY else ask
            if price >= tick:
                yield Terms(side, self.listed.class_id, self.strategy.lots, price)

    def _listen(self, own: OwnStream) -> None:
        """In a thread of its own: what the stream tells, for `run` to take in its turn."""
        try:
            for news in own.news():
                self._inbox.put(news)
        except TanyuError as failure:
            self._inbox.put(failure)

    def _next(self) -> News | TanyuError | Beat | None:
        """What happens next. Beats three times as often as it must, in this thread: quotes are kept only as long as
        `run` itself goes on.
        """
        while True:
            left_s = self._beaten_at + self.heartbeat_s / 3 - monotonic()
            if left_s <= 0:
                self._beat()
                continue
            try:
                return self._inbox.get(timeout=left_s)
            except Empty:
                continue

    def _beat(self) -> None:
        self.trader.beat(self.heartbeat_s)
        self._beaten_at = monotonic()
        self._inbox.put(Beat())

    def _concerns(self, news: News | Beat) -> bool:
        """Whether it is a reason to quote: the first funds that are told, a quote that left by its time or for lack of
        funds, every fill; and a beat where a quote could not be put in before.
        """
        if isinstance(news, Beat):
            return self._is_short
        if isinstance(news, FundsNews):
            is_first, self._has_begun = not self._has_begun, True
            return is_first
        if isinstance(news, OrderNews):
            left = news.order.state in {OrderState.EXPIRED, OrderState.EVICTED} or news.order.reason == HEARTBEAT_MISSED
            return self._has_begun and left
        if news.fill.class_id != self.listed.class_id:
            return False
        lots = news.fill.lots if news.fill.side is Side.BUY else -news.fill.lots
        self.position += {"matched": lots, "busted": -lots}.get(news.fill.state, 0)
        return news.fill.state in {"matched", "busted"}


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("class_ref", metavar="CLASS")
    parser.add_argument("--reference", required=True, help="the price it quotes around, payment tokens per kg")
    parser.add_argument("--spread-bps", type=int, default=200)
    parser.add_argument("--skew-bps", type=int, default=20)
    parser.add_argument("--kg", type=int, default=5, help="of each quote")
    parser.add_argument("--most-kg", type=int, default=20)
    parser.add_argument("--heartbeat", type=int, default=30, help="seconds")
    parser.add_argument("--keystore", type=Path)
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--dev", type=int)
    return parser.parse_args()


def main() -> None:
    """Runs one market maker until it is told to end."""
    given = options()
    key = key_of(given.keystore, given.password_file, given.dev)
    strategy = Strategy(
        base_units_in(given.reference), given.spread_bps, given.skew_bps, lots=given.kg, most_lots=given.most_kg
    )
    with ApiClient(given.url) as client, Trader(client, key.signer) as trader:
        require_fit_key(client, key)
        maker = MarketMaker(trader, trader.listed(given.class_ref), strategy, given.heartbeat)
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, lambda _signal, _frame: maker.stop())
        maker.run()


if __name__ == "__main__":
    try:
        main()
    except TanyuError as failure:
        code = failure.problem_code if isinstance(failure, ApiProblem) else failure.code
        sys.exit(f"{code}: {failure}")
