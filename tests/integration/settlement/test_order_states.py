"""docs/market.md tells truly what the chain does with an order: its examples are carried out on a real node."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count

import pytest

from backend.access.client import ApiClient
from backend.access.patience import Patience
from backend.kernel.clock import unix_s
from backend.link import balances
from backend.market.trader import Trader
from backend.settlement.settler import Settler
from tests.api.trader_world import Line
from tests.contract.people import CLASS_ID
from tests.integration.settlement.conftest import Floor
from tests.order_acts import Acts, examples
from tests.patience import PATIENCE_S, until

ORIGIN = "http://127.0.0.1:8000"
INDEXES = count(200, 2)
"""Each example has people of its own."""

CREDITS_GCO2E = 10_000


@pytest.fixture(scope="module")
def line(floor: Floor) -> Line:
    """The way to the server, which settles by hand from now on."""
    floor.tanyu.settling.stop(timedelta(seconds=PATIENCE_S))
    return Line(floor.tanyu.app())


class Cast:
    """Ana, who has credits, and Bo, who has money; settlement goes on whenever one of them asks, unless it waits."""

    def __init__(self, floor: Floor, line: Line) -> None:
        first = next(INDEXES)
        self._floor = floor
        self._indexes = {"Ana": first, "Bo": first + 1}
        floor.funded(first, credits_gco2e=CREDITS_GCO2E)
        floor.funded(first + 1, money=10**9)
        self.is_waiting = False
        tanyu = floor.tanyu
        self._settler = Settler(tanyu.database, tanyu.contracts, tanyu.market, tanyu.clock)
        self.clients = [ApiClient(ORIGIN, transport=line) for _ in self._indexes]
        self._traders = {
            name: Trader(client, floor.people.person(index), Patience(PATIENCE_S))
            for client, (name, index) in zip(self.clients, self._indexes.items(), strict=True)
        }

    def trader(self, name: str) -> Trader:
        if not self.is_waiting:
            self._settler.step()
        return self._traders[name]

    def wait(self) -> None:
        self.is_waiting = True

    def go_on(self) -> None:
        self.is_waiting = False

    def keep(self, name: str, lots: str) -> None:
        """All but so much is sent off, and the index knows it."""
        left = int(lots) * 1_000
        maker = self._floor.move_away(self._indexes[name], CREDITS_GCO2E - left)

        def is_known() -> bool:
            with self._floor.tanyu.database.read() as session:
                return balances.credit_balance(session, maker, CLASS_ID) == left

        until(is_known, "the index to see the transfer")


@pytest.fixture
def cast(floor: Floor, line: Line) -> Iterator[Cast]:
    made = Cast(floor, line)
    yield made
    for client in made.clients:
        client.http.close()


@pytest.mark.parametrize("example", examples("chain"))
def test_example__with_the_chain_in_it__is_answered_as_it_says(floor: Floor, cast: Cast, example: str) -> None:
    scene: Mapping[str, Callable[..., None]] = {
        "settlement waits": cast.wait,
        "settlement goes on": cast.go_on,
        r"(\w+) keeps (\d+) kg": cast.keep,
    }
    Acts(cast.trader, CLASS_ID, lambda: unix_s(floor.tanyu.clock.now()), scene).follow(example)
