"""What a program reads of a running market and of its own account there: typed, in whole lists, asked again when told
to.

A client's side: it knows the server by HTTP alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from backend.access.client import ApiClient, ApiProblem, Model, ServerUnreachable, read_as
from backend.access.page import Page
from backend.access.patience import Patience
from backend.access.wire import PAGE_LIMIT_MAX
from backend.chain.keys import Signs
from backend.chain.typed_data import Domain
from backend.kernel.digest import to_hex
from backend.kernel.errors import Conflict, Unauthenticated
from backend.market.candle import Interval
from backend.market.governing_views import MarketOut
from backend.market.own_stream import OwnStream
from backend.market.rules import ClassUnknown
from backend.market.stream_client import StreamClient
from backend.market.tape_views import BalancesOut, BestOut, CandleOut, FeesOut, MovementOut, OwnTradeOut
from backend.market.views import BookOut, OrderOut, OrderWithTradesOut, RulesOut, TickerOut, TradeOut

Params = Mapping[str, str | int]

WAIT_S_MAX = 30
"""How long an answer is waited for in all, unless told otherwise."""


class NobodyToSignIn(Unauthenticated):
    """A private request without a key to sign in with and without an API key."""

    code = "market.nobody_to_sign_in"

    def __init__(self) -> None:
        super().__init__("this needs an account: give a key to sign in with, or an API key")


class MessageDiffers(Conflict):
    """The server takes another message for signed than this program makes."""

    code = "market.message_differs"

    def __init__(self, primary_type: str, found: str | None, expected: str) -> None:
        super().__init__(
            f"the server takes {found or 'nothing'} as {primary_type}, this program signs {expected}: another version",
            primary_type=primary_type,
            found=found,
            expected=expected,
        )


def class_path(class_ref: str) -> str:
    """A class as paths name it: `CN-SC~2025~SIM`."""
    return class_ref.replace("/", "~")


class AccountReader:
    """Reads one server. Public things need nobody; for private ones it signs in by itself, as the signer's account,
    unless the client is proven by an API key. A context manager, which ends the session it began.

    What is refused is raised as ApiProblem, with the server's code; 429 and 503 are waited out within `patience`.
    """

    def __init__(self, client: ApiClient, signer: Signs | None = None, patience: Patience | None = None) -> None:
        self.client = client
        self._signer = signer
        self._patience = patience or Patience(WAIT_S_MAX)
        self._is_signed_in = False
        self._signing: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends its session, if the server is still there to hear it; the client is its owner's."""
        if self._is_signed_in:
            self._is_signed_in = False
            with suppress(ServerUnreachable):
                self.client.sign_out()

    # --- How it asks ---

    def _ask(self, method: str, path: str, *, params: Params | None = None, body: object = None) -> Any:
        """Of whatever may be asked twice: every read, and every act that is named by its signature."""
        return self._patience.until_answered(lambda: self.client.request(method, path, params=params, body=body))

    def _ask_own(self, method: str, path: str, *, params: Params | None = None, body: object = None) -> Any:
        """As the account; signs in once more if the session has ended."""
        self._require_account()
        try:
            return self._ask(method, path, params=params, body=body)
        except ApiProblem as problem:
            if not self._is_signed_in or problem.status != HTTPStatus.UNAUTHORIZED:
                raise
        self._sign_in()
        return self._ask(method, path, params=params, body=body)

    def _require_account(self) -> None:
        if self.client.proof is None:
            self._sign_in()

    def _sign_in(self) -> None:
        if self._signer is None:
            raise NobodyToSignIn
        signer = self._signer
        self._patience.until_answered(lambda: self.client.sign_in(signer))
        self._is_signed_in = True

    def _pages(self, model: type[Model], ask: Callable[..., Any], path: str, params: Params) -> Iterator[Model]:
        cursor: Params = {}
        while True:
            page = read_as(Page[model], ask("GET", path, params={**params, **cursor}))  # type: ignore[valid-type] # pydantic makes a class of it
            yield from page.items
            if page.next is None:
                return
            cursor = {"cursor": page.next}

    def domain_of(self, primary_type: str, type_string: str) -> Domain:
        """Where a signed message of this type is valid here. Raises MessageDiffers if it is another one here."""
        self._signing = self._signing or self._ask("GET", "/signing")
        for message in self._signing["messages"]:
            if message["primaryType"] == primary_type and message["typeString"] == type_string:
                found = message["domain"]
                return Domain(found["name"], found["version"], found["chainId"], found["verifyingContract"])
        strings = [each["typeString"] for each in self._signing["messages"] if each["primaryType"] == primary_type]
        raise MessageDiffers(primary_type, next(iter(strings), None), type_string)

    def contract(self, name: str) -> str:
        """The address of a contract of ours here, such as "Exchange"."""
        self._signing = self._signing or self._ask("GET", "/signing")
        return str(self._signing["contracts"][name])

    # --- What everybody may read ---

    def classes(self) -> list[RulesOut]:
        """Every class with a market, with tick, sizes and the fee of today."""
        return [read_as(RulesOut, each) for each in self._ask("GET", "/market/classes")]

    def listed(self, class_ref: str) -> RulesOut:
        """The class of a code or decimal id. Raises ClassUnknown."""
        code = class_ref.replace("~", "/")
        for each in self.classes():
            if code in {each.class_code, str(each.class_id)}:
                return each
        raise ClassUnknown(class_ref)

    def rules(self, class_ref: str) -> MarketOut:
        """A class's rules, phase, reference price and band."""
        return read_as(MarketOut, self._ask("GET", f"/market/{class_path(class_ref)}/rules"))

    def best(self, class_ref: str) -> BestOut:
        """The best price of each side."""
        return read_as(BestOut, self._ask("GET", f"/market/{class_path(class_ref)}/best"))

    def book(self, class_ref: str, depth: int = 50) -> BookOut:
        """Price levels, best first."""
        return read_as(BookOut, self._ask("GET", f"/market/{class_path(class_ref)}/book", params={"depth": depth}))

    def ticker(self, class_ref: str) -> TickerOut:
        """Last price, best prices, the last 24 hours."""
        return read_as(TickerOut, self._ask("GET", f"/market/{class_path(class_ref)}/ticker"))

    def tape(self, class_ref: str) -> Iterator[TradeOut]:
        """Every trade of a class, newest first."""
        path = f"/market/{class_path(class_ref)}/trades"
        return self._pages(TradeOut, self._ask, path, {"limit": PAGE_LIMIT_MAX})

    def candles(self, class_ref: str, interval: Interval = Interval.HOUR) -> Iterator[CandleOut]:
        """Candles, newest first, back to the class's first trade."""
        path = f"/market/{class_path(class_ref)}/candles"
        return self._pages(CandleOut, self._ask, path, {"interval": interval.value})

    def order(self, order_hash: bytes) -> OrderWithTradesOut:
        """One order, anybody's whose hash one knows, with its trades. Raises ApiProblem `market.order_unknown`."""
        return read_as(OrderWithTradesOut, self._ask("GET", f"/orders/{to_hex(order_hash)}"))

    # --- The account's own ---

    def orders(self, *, only_open: bool = False) -> Iterator[OrderOut]:
        """The account's orders, oldest first."""
        params: Params = {"limit": PAGE_LIMIT_MAX} | ({"onlyOpen": "true"} if only_open else {})
        return self._pages(OrderOut, self._ask_own, "/orders", params)

    def trades_of(self, order: OrderOut) -> list[OwnTradeOut]:
        """The trades of one of the account's orders, oldest first."""
        found = []
        for trade in self.trades():
            if trade.sequence < order.sequence:
                break
            if trade.order_hash == order.order_hash:
                found.append(trade)
        return found[::-1]

    def trades(self) -> Iterator[OwnTradeOut]:
        """The account's trades on their way to the chain, newest first: matched, sent, mined, final, or busted."""
        return self._pages(OwnTradeOut, self._ask_own, "/trades/mine", {"limit": PAGE_LIMIT_MAX})

    def fees(self) -> list[FeesOut]:
        """What the account paid in fees, by class."""
        return [read_as(FeesOut, each) for each in self._ask_own("GET", "/fees/mine")]

    def balances(self) -> BalancesOut:
        """What the account has to trade with: held, in orders, in flight, free."""
        return read_as(BalancesOut, self._ask_own("GET", "/balances"))

    def movements(self) -> Iterator[MovementOut]:
        """The account's deposits and withdrawals, newest first."""
        return self._pages(MovementOut, self._ask_own, "/movements", {"limit": PAGE_LIMIT_MAX})

    # --- As it happens ---

    def stream(self, channels: Sequence[str]) -> StreamClient:
        """Channels as they happen; the account's own ones, `orders`, `fills` and `balances`, among them."""
        return StreamClient(self.client.base_url, channels, self.client.proof)

    def follow(self) -> OwnStream:
        """What happens to the account's orders, trades and funds, each once, whatever connection is lost meanwhile."""
        return OwnStream(self)

    def own_channels(self) -> StreamClient:
        """The account's own channels; signs in first if nobody is."""
        self._require_account()
        return self.stream(("orders", "fills", "balances"))

    def own_channels_again(self) -> StreamClient:
        """The same after the server no longer knows who it is: in a new session if it began the last one."""
        if self._is_signed_in:
            self._sign_in()
        return self.own_channels()
