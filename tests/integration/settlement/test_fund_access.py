"""A stranger with a key and nothing else: test money, what the Exchange may take, a trade; no gas, no help."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from backend.access.client import ApiClient
from backend.access.patience import Patience
from backend.kernel.mass import UINT256_MAX
from backend.market.fund_access import ChainAct, FundAccess
from backend.market.order import Side
from backend.market.terms import Terms
from backend.market.trader import Trader
from tests.api.trader_world import Line
from tests.contract.people import CLASS_ID
from tests.integration.settlement.conftest import Floor
from tests.patience import PATIENCE_S, until

ORIGIN = "http://127.0.0.1:8000"
SELLER, STRANGER = 300, 301


@pytest.fixture
def client(floor: Floor) -> Iterator[ApiClient]:
    with ApiClient(ORIGIN, transport=Line(floor.tanyu.app())) as made:
        yield made


def confirmed(ask: Callable[[], ChainAct]) -> None:
    until(lambda: ask().is_over, "the chain")
    assert (ask().state, ask().reason) == ("confirmed", None)


def test_stranger__with_a_key__gets_money_allows_and_buys(floor: Floor, client: ApiClient) -> None:
    floor.funded(SELLER, credits_gco2e=10_000)
    floor.place(SELLER, Side.SELL, 2, 100_000)
    signer = floor.people.person(STRANGER)
    funds = FundAccess(client, signer, Patience(PATIENCE_S))
    confirmed(funds.faucet)
    permit = funds.permit(10**6)
    assert permit.nonce == 0
    confirmed(lambda: funds.allow_money(permit))
    assert funds.permit(UINT256_MAX).nonce == 1

    with Trader(client, signer, Patience(PATIENCE_S)) as trader:
        until(lambda: trader.balances().money.allowed == 10**6, "the index to see the permit")
        assert trader.balances().money.free == 10**6, "all that may be taken"
        ack = trader.place(Terms(Side.BUY, CLASS_ID, 2, 100_000))
        assert [fill.lots for fill in ack.fills] == [2]
        until(lambda: next(trader.trades()).state == "final", "the trade on the chain")
        assert next(trader.movements()).direction == "in"
        (paid,) = trader.fees()
        assert (paid.lots, paid.cost) == (2, 200_000)


def test_credits__allowed_and_no_longer__as_the_chain_has_it(floor: Floor, client: ApiClient) -> None:
    floor.people.mint(SELLER + 2, 10_000)
    signer = floor.people.person(SELLER + 2)
    with Trader(client, signer, Patience(PATIENCE_S)) as trader:
        for allowed in (True, False):
            funds = FundAccess(client, signer, Patience(PATIENCE_S))
            confirmed(partial(funds.allow_credits, allowed=allowed))

            def is_seen(allowed: bool = allowed) -> bool:
                return [held.is_approved for held in trader.balances().credits] == [allowed]

            until(is_seen, "the index to see it")
