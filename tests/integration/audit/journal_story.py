"""A market's day in every kind of line, written out as an operator writes it for an auditor, and ways to falsify it."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from backend.access.wire import Wire
from backend.audit.journal import Journal
from backend.chain.typed_data import sign
from backend.kernel.clock import iso, parse_iso
from backend.kernel.digest import canonical_json, digest_of, sha256, to_hex
from backend.market.disclosure import disclosed
from backend.market.order import SignedOrder
from backend.market.service import Ack
from backend.market.views import AckOut
from backend.storage.database import Database
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, DANA, DOMAIN, OPERATOR, OTHER_CLASS_ID, World, hash_of

Row = dict[str, Any]


class Day:
    """A market's day, told on a real database; every order's acknowledgement is kept by its line."""

    def __init__(self, database: Database) -> None:
        self.world = World(database)
        self.acks: dict[int, Ack] = {}

    def tell(self) -> None:
        """Rests, crosses, partly fills, meets itself, is cancelled, loses its funds, expires, is busted."""
        world = self.world
        world.start()
        self.place(world.sell(ANA, 10, 102))
        first = self.place(world.sell(BO, 5, 101))
        self.place(world.sell(CHEN, 5, 101))
        self.place(world.buy(DANA, 8, 101))
        self.place(world.buy(DANA, 1, 99, class_id=OTHER_CLASS_ID))
        self.place(world.buy(ANA, 6, 103))
        doomed = self.place(world.buy(BO, 4, 98))
        world.market.cancel(BO.address, doomed.accepted.order_hash)
        self.later(2)
        self.place(world.buy(ANA, 7, 97, expiry=self.expiry(120)))
        self.place(world.sell(DANA, 3, 105))
        world.balances.credits[DANA.address, CLASS_ID] = 2_000
        world.refund(DANA)
        world.balances.credits[ANA.address, CLASS_ID] = 0
        world.refund(ANA)
        world.balances.credits[ANA.address, CLASS_ID] = 10**9
        self.later(61)
        world.refund()
        self.place(world.sell(ANA, 4, 96))
        self.place(world.buy(BO, 9, 100))
        world.market.bust(1, "CreditTransferFailed")
        self.place(world.sell(CHEN, 2, 100))
        self.place(world.buy(DANA, 1, 90))
        assert first.accepted.lots_open == 5
        world.stop()

    def place(self, ack: Ack) -> Ack:
        self.acks[ack.accepted.sequence] = ack
        return ack

    def later(self, seconds: int) -> None:
        self.world.clock.at += timedelta(seconds=seconds)

    def expiry(self, seconds: int) -> int:
        return int(self.world.clock.at.timestamp()) + seconds

    def rows(self) -> "Rows":
        """As the operator would write it."""
        with self.world.database.read() as session:
            told = disclosed(session, DOMAIN, OPERATOR.address, self.world.clock.now())
            return Rows([json.loads(canonical_json(row)) for row in told])

    def reply(self, sequence: int) -> Wire:
        """What the maker of an order was answered."""
        return AckOut.of(self.acks[sequence])


class Rows:
    """The rows of a journal file, to look at and to falsify."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    @property
    def header(self) -> Row:
        return self.rows[0]

    @property
    def lines(self) -> list[Row]:
        return [row for row in self.rows[1:] if "sequence" in row]

    @property
    def orders(self) -> list[Row]:
        return [row for row in self.rows[1:] if "orderId" in row]

    def line(self, kind: str, nth: int = 0) -> Row:
        """The n-th line of a kind."""
        return [row for row in self.lines if row["kind"] == kind][nth]

    def copy(self) -> "Rows":
        return Rows(deepcopy(self.rows))

    def replace_lines(self, lines: list[Row]) -> None:
        """Other lines in the place of these."""
        self.rows = [self.header, *lines, *self.orders]

    def rechain(self) -> None:
        """What a careful forger does: numbers every line and hashes the chain anew, to the head."""
        previous = digest_of({"chainId": self.header["chainId"], "exchange": self.header["exchange"]})
        for at, row in enumerate(self.lines, 1):
            row["sequence"] = at
            body = {name: row[name] for name in ("kind", "payload", "sequence", "time")}
            previous = sha256(previous + canonical_json(body))
            row["hash"] = to_hex(previous)
        self.header["head"] = {
            "sequence": len(self.lines),
            "hash": to_hex(previous),
            "trades": sum(len(row["trades"]) for row in self.lines),
        }

    def written(self, folder: Path) -> Journal:
        path = folder / "journal.jsonl"
        path.write_bytes(b"".join(canonical_json(row) + b"\n" for row in self.rows))
        return Journal.load(path)


@dataclass(frozen=True)
class Forgery:
    """A way to falsify a journal, the check that must find it, and the line it must name."""

    name: str
    apply: Callable[[Rows], int]
    """Falsifies the rows; returns the line to be named."""
    check: str
    """If only this much was changed."""
    check_rechained: str | None
    """If the forger also hashed the chain anew; None if only an anchor or an acknowledgement then tells."""
    moves: bool = False
    """Whether later lines are other lines then, one of which is named."""

    def __str__(self) -> str:
        return self.name


def _set(row: Row, path: str, value: Any) -> int:
    *parents, last = path.split(".")
    target: Any = row
    for name in parents:
        target = target[int(name)] if isinstance(target, list) else target[name]
    assert target[last] != value
    target[last] = value
    return int(row.get("sequence") or row["orderId"])


def _resigned(rows: Rows) -> int:
    """The price is changed, and the forger hashes and signs the order, but has not the maker's key."""
    row = rows.line("place", 3)
    _set(row, "payload.order.pricePerKg", "102")
    order = SignedOrder.from_wire(row["payload"]["order"])
    row["payload"] |= {"orderHash": to_hex(hash_of(order))}
    row["payload"]["signature"] = to_hex(sign(OPERATOR, "Order", DOMAIN, order.message()))
    return int(row["sequence"])


def _twice(rows: Rows) -> int:
    """A signed order is taken in a second time."""
    lines = rows.lines
    again = deepcopy(rows.line("place", 1)) | {"trades": [], "sequence": len(lines) + 1, "time": lines[-1]["time"]}
    rows.replace_lines([*lines, again])
    return int(again["sequence"])


def _swap(first: int) -> Callable[[Rows], int]:
    """Two lines one after the other change places."""

    def apply(rows: Rows) -> int:
        one, other = rows.lines[first - 1], rows.lines[first]
        for name in ("payload", "kind"):
            one[name], other[name] = other[name], one[name]
        return first

    return apply


def _drop(rows: Rows) -> int:
    """A sell that should have been met first was never there."""
    gone = int(rows.line("place", 1)["sequence"])
    rows.replace_lines([row for row in rows.lines if row["sequence"] != gone])
    return gone + 1


def _truncate(rows: Rows) -> int:
    """The last order, which met nobody, was never there."""
    gone = rows.lines[-1]["sequence"]
    rows.replace_lines(rows.lines[:-1])
    rows.rows = [row for row in rows.rows if row.get("orderId") != gone]
    return len(rows.lines)


def _trade(path: str, value: Any) -> Callable[[Rows], int]:
    def apply(rows: Rows) -> int:
        row = next(row for row in rows.lines if row["trades"])
        return _set(row, f"trades.0.{path}", value)

    return apply


def _no_trade(rows: Rows) -> int:
    row = next(row for row in rows.lines if row["trades"])
    row["trades"] = row["trades"][1:]
    return int(row["sequence"])


def _earlier(rows: Rows) -> int:
    row = rows.line("place", 8)
    return _set(row, "time", iso(parse_iso(row["time"]) - timedelta(hours=1)))


def _later_but_in_order(rows: Rows) -> int:
    row = rows.lines[-1]
    return _set(row, "time", iso(parse_iso(row["time"]) + timedelta(seconds=1)))


def _self_trade(rows: Rows) -> int:
    """The order that met its own maker is told to have been filled instead of given up."""
    stopped = next(row for row in rows.orders if row["state"] == "cancelled" and row["lotsMatched"] != "0")
    return _set(stopped, "state", "filled")


def _owner(rows: Rows) -> int:
    """The maker that met itself is told to be somebody else, so that the trade would have been its due."""
    stopped = next(row for row in rows.orders if row["state"] == "cancelled" and row["lotsMatched"] != "0")
    return _set(rows.lines[stopped["orderId"] - 1], "payload.owner", "nobody")


FORGERIES = [
    Forgery(
        "price",
        lambda rows: _set(rows.line("place", 3), "payload.order.pricePerKg", "102"),
        "journal.chain",
        "journal.orders",
    ),
    Forgery("price, signed by another", _resigned, "journal.chain", "journal.orders"),
    Forgery("order twice", _twice, "journal.chain", "journal.orders"),
    Forgery("reordered", _swap(1), "journal.chain", "journal.trades", moves=True),
    Forgery("reordered, of one price and size", _swap(2), "journal.chain", None),
    Forgery("dropped", _drop, "journal.chain", "journal.trades", moves=True),
    Forgery("truncated", _truncate, "journal.ends", None),
    Forgery("time, earlier", _earlier, "journal.time", "journal.time"),
    Forgery("time, in order", _later_but_in_order, "journal.chain", None),
    Forgery("trade price", _trade("pricePerKg", "102"), "journal.trades", "journal.trades"),
    Forgery("trade lots", _trade("lots", "4"), "journal.trades", "journal.trades"),
    Forgery("trade parties", _trade("sellId", 1), "journal.trades", "journal.trades"),
    Forgery("trade left out", _no_trade, "journal.trades", "journal.trades"),
    Forgery("self-trade told as filled", _self_trade, "journal.outcomes", "journal.outcomes"),
    Forgery("owner", _owner, "journal.chain", "journal.trades"),
    Forgery(
        "cancellation of another",
        lambda rows: _set(rows.line("cancel"), "payload.orderId", 1),
        "journal.chain",
        "journal.commands",
    ),
    Forgery(
        "funds that grow",
        lambda rows: _set(rows.line("funding"), "payload.changes.0.lots", "30"),
        "journal.chain",
        "journal.commands",
    ),
    Forgery(
        "expired too early",
        lambda rows: _set(rows.line("expire"), "payload.before", 4_000_000_000),
        "journal.chain",
        "journal.commands",
    ),
    Forgery(
        "terms of an order given back",
        lambda rows: _set(rows.line("bust"), "payload.restored.0.pricePerKg", "90"),
        "journal.chain",
        "journal.commands",
    ),
    Forgery(
        "lots given back",
        lambda rows: _set(rows.line("bust"), "payload.restored.0.lots", "50"),
        "journal.chain",
        "journal.commands",
    ),
    Forgery("kind", lambda rows: _set(rows.line("cancel"), "kind", "uncancel"), "journal.chain", "journal.commands"),
    Forgery(
        "what became of an order",
        lambda rows: _set(rows.orders[0], "lotsOpen", "1"),
        "journal.outcomes",
        "journal.outcomes",
    ),
]


def all_forgeries() -> Iterator[tuple[Forgery, bool]]:
    """Each, as it is and with the chain hashed anew."""
    for forgery in FORGERIES:
        yield forgery, False
        yield forgery, True
