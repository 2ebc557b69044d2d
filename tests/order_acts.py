"""The examples of docs/market.md about the life of an order, carried out line by line through the trading client."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from backend.access.client import ApiProblem
from backend.chain.artifacts import CHECKOUT
from backend.market.instructions import Instructions, TimeInForce
from backend.market.order import Side
from backend.market.order_life import life_of
from backend.market.terms import Terms
from backend.market.trader import Trader
from backend.market.views import AckOut
from tests.patience import PATIENCE_S, until

TEXT = (CHECKOUT / "docs" / "market.md").read_text("utf-8")


def examples(language: str) -> list[str]:
    """The blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@dataclass
class Acts:
    """Follows an example. `scene`: what a line that sets the scene does, by a pattern whose groups it is given."""

    trader: Callable[[str], Trader]
    class_id: int
    now_s: Callable[[], int]
    scene: Mapping[str, Callable[..., None]]
    wait_s: int = PATIENCE_S
    """How long an answer may take to become true."""
    orders: dict[str, list[bytes]] = field(default_factory=dict)
    """By name, the hashes of somebody's orders, latest last."""
    cancelled: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By name, number and deadline of a hard cancel."""

    def follow(self, example: str) -> None:
        """Does what each line says, and waits for the answer that it gives."""
        lines = example.strip().splitlines()
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            if line.startswith("=> "):
                continue
            if not following.startswith("=> "):
                assert self.set_scene(line), line
                continue
            expected = following.removeprefix("=> ")
            if "'s " in line:
                self.await_answer(line, expected)
            else:
                self.require(line, self.done(line), expected)

    def await_answer(self, line: str, expected: str) -> None:
        def is_so() -> bool:
            return self.asked(line) == expected

        try:
            until(is_so, line, self.wait_s)
        except AssertionError:
            self.require(line, self.asked(line), expected)

    @staticmethod
    def require(line: str, found: str, expected: str) -> None:
        assert found == expected, f"{line}: {found}, not {expected}"

    def set_scene(self, line: str) -> bool:
        for pattern, act in self.scene.items():
            found = re.fullmatch(pattern, line)
            if found is not None:
                act(*found.groups())
                return True
        return False

    def done(self, line: str) -> str:
        """What comes of an act."""
        name, verb, *words = line.split()
        trader = self.trader(name)
        try:
            if verb in {"sells", "buys"}:
                return self.placed(name, Side(verb[:-1]), words)
            if verb == "replaces":
                return self.kept(
                    name, trader.replace(self.latest(name), lots=int(words[2]), price_per_kg=int(words[4]))
                )
        except ApiProblem as refusal:
            return f"refused: {refusal.problem_code}"
        assert verb == "cancels", line
        if words[1:] == ["hard"]:
            order = trader.order(self.latest(name))
            deadline = self.now_s() + 3600
            self.cancelled[name] = (order.number, deadline)
            found = trader.cancel_signed(order.number, hard=True, deadline=deadline)
        else:
            found = trader.cancel(self.latest(name))
        return f"off the book, {found.lots_matched} matched"

    def placed(self, name: str, side: Side, words: list[str]) -> str:
        lots, _, price, *said = words
        instructions = Instructions()
        if said[:1] == ["for"]:
            instructions = Instructions(time_in_force=TimeInForce.GTD, good_until=self.now_s() + int(said[1]))
        elif said:
            instructions = Instructions(time_in_force=TimeInForce(said[0]))
        terms = Terms(side, self.class_id, int(lots), int(price))
        return self.kept(name, self.trader(name).place(terms, instructions))

    def kept(self, name: str, ack: AckOut) -> str:
        self.orders.setdefault(name, []).append(ack.order_hash)
        filled = sum(fill.lots for fill in ack.fills)
        given_up = ack.lots_killed + ack.lots_stopped
        parts = [f"filled {filled}"] if filled else []
        parts += [f"open {ack.lots_open}"] if ack.lots_open else []
        parts += [f"{ack.outcome} {given_up} ({ack.reason})"] if given_up else []
        return ", ".join(parts)

    def latest(self, name: str) -> bytes:
        return self.orders[name][-1]

    def asked(self, line: str) -> str:
        """Where something stands: `NAME's order`, `NAME's order before`, `NAME's cancel`."""
        name, what = line.split("'s ")
        trader = self.trader(name)
        if what == "cancel":
            number, deadline = self.cancelled[name]
            chain = trader.cancel_signed(number, hard=True, deadline=deadline).chain
            return "" if chain is None else chain.state
        order = trader.order(self.orders[name][-1 if what == "order" else -2])
        steps = life_of(order, trader.trades_of(order))
        return ", ".join(
            f"{step.step} {step.lots}" + ("" if step.reason is None else f" ({step.reason})") for step in steps
        )
