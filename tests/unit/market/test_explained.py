"""docs/market.md does what it says: its examples are run, and answered as they are answered there."""

import re

import pytest

from backend.chain.artifacts import CHECKOUT
from backend.market.auction import indicative, uncross
from backend.market.book import Entry
from backend.market.earning import earned
from backend.market.instructed import place_instructed
from backend.market.instructions import Instructions, SelfTrade, TimeInForce
from backend.market.matching import Engine
from backend.market.order import Side
from backend.market.phase import Phase
from backend.market.spread import Measured, spread_bps
from backend.market.trading_day import Mode

TEXT = (CHECKOUT / "docs" / "market.md").read_text("utf-8")
EXAMPLES = re.findall(r"```market\n(.*?)```", TEXT, re.DOTALL)


class Floor:
    """Follows an example line by line; orders are numbered as they come."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.book = self.engine.book_of(1)
        self.orders: dict[int, Entry] = {}

    def answer(self, line: str) -> str | None:
        """What the market answers; None to a line that only sets the scene."""
        verb, *words = line.split()
        if verb == "phase":
            self.book.enter(Phase(words[0]), 1)
        elif verb == "reference":
            self.book.refer(int(words[0]), None, None, 1)
        elif verb == "band":
            assert self.book.reference is not None
            self.book.refer(self.book.reference, int(words[0]), int(words[1]), 1)
        elif verb == "auction":
            return self.auction()
        elif verb == "cancel":
            self.engine.remove(int(words[0]))
        elif verb == "spread":
            return str(spread_bps(*self.book.best()))
        elif verb == "days":
            mode, count, spread = Mode(words[0]), int(words[1]), int(words[3])
            return earned(mode, [Measured(day, 1, spread, mode) for day in range(count)])
        elif verb == "replace":
            return self.replace(int(words[0]), int(words[2]), int(words[4]))
        else:
            return self.place(Side(verb), words[0], int(words[1]), int(words[3]), words[4:])
        return None

    def place(self, side: Side, who: str, lots: int, price: int, said: list[str]) -> str:
        order_id = len(self.orders) + 1
        entry = self.orders[order_id] = Entry(order_id, 1, who, who, side, lots, price, 10**10, 100)
        word = said[0] if said else "gtc"
        if word in list(SelfTrade):
            instructions = Instructions(self_trade=SelfTrade(word))
        else:
            instructions = Instructions(time_in_force=TimeInForce(word))
        met = place_instructed(self.engine, entry, instructions)
        parts = [f"{got} at {paid} from {self.orders[other].owner}" for other, got, paid in met.fills]
        rests = self.engine.open_lots(order_id)
        left = lots - sum(got for _, got, _ in met.fills) - rests
        parts += [f"rests {rests}"] if rests else []
        parts += [f"killed {left} ({met.killed})" if met.killed else f"stopped {left}"] if left else []
        if self.book.matches and self.book.is_crossed():
            self.book.enter(Phase.VOLATILITY_CALL, 1)
            parts.append("volatility call")
        return ", ".join(parts)

    def replace(self, order_id: int, lots: int, price: int) -> str:
        new = self.orders[order_id]._replace(order_id=len(self.orders) + 1, lots=lots, price_per_kg=price)
        self.orders[new.order_id] = new
        self.engine.replace(order_id, new)
        return f"rests {self.engine.open_lots(new.order_id)}"

    def auction(self) -> str:
        seen = indicative(self.book)
        result, pairs = uncross(self.engine, self.book)
        assert seen == result
        names = [f"{self.orders[buy].owner} {lots} from {self.orders[sell].owner}" for buy, sell, lots in pairs]
        return f"{result.lots} at {result.price_per_kg}: {', '.join(names)}"


def test_document__has_an_example_for_each_way_orders_meet() -> None:
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize("example", EXAMPLES)
def test_example__line_by_line__is_answered_as_it_says(example: str) -> None:
    floor = Floor()
    lines = example.strip().splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("=> "):
            continue
        answer = floor.answer(line)
        expected = following.removeprefix("=> ") if following.startswith("=> ") else None
        assert answer == expected, line
