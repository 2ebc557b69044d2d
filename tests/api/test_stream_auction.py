"""The auction's channel on a real server: what a call would do is told before it does it, and a stream that begins from
a picture of the books.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from backend.market import publisher as publisher_module
from backend.market.governing import SettingRules
from backend.market.journal import Head, Line, read
from backend.market.listing import rules_of
from backend.market.rules import ClassRules
from backend.market.snapshot import save
from backend.market.trading_day import Mode, TradingDay
from backend.storage.database import Database
from tests.api.stream_world import StreamWorld, streaming
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, World
from tests.web_socket import Wire, wire

CODE = "CN-SC/2025/SIM"
NOON_CALL = TradingDay(calls=(13 * 3600,), collect_s=600, random_end_s=0, volatility_s=120)


def call_at_one(served: StreamWorld) -> None:
    """The class collects for an auction at 13:00; it is noon."""
    world = served.world
    with world.database.read() as session:
        rules: ClassRules = rules_of(session, CLASS_ID)
    world.market.sequencer.call(SettingRules(replace(rules, mode=Mode.CALL, day=NOON_CALL)))


def goes_by(served: StreamWorld, **more: int) -> None:
    served.world.clock.at += timedelta(**more)
    served.world.refund()


def told_until(client: Wire, **wanted: object) -> dict[str, Any]:
    """Deltas until one says so."""
    while True:
        data: dict[str, Any] = client.next("delta")["data"]
        if {name: data[name] for name in wanted} == wanted:
            return data


def test_auction__while_it_collects__tells_price_lots_and_imbalance_until_it_is_over(database: Database) -> None:
    with streaming(database) as served, wire(served.base_url) as client, wire(served.base_url) as tape:
        first = client.subscribe(f"auction:{CLASS_ID}")
        assert (first["channel"], first["data"]["phase"]) == (f"auction:{CODE}", "continuous")
        tape.subscribe(f"trades:{CODE}")
        call_at_one(served)
        told_until(client, phase="closed")
        goes_by(served, minutes=51)
        nothing = told_until(client, phase="call")
        assert (nothing["pricePerKg"], nothing["lots"], nothing["imbalanceSide"]) == (None, "0", None)

        served.world.sell(ANA, 5, 100)
        served.world.buy(BO, 3, 104)
        met = told_until(client, lots="3")
        assert (met["imbalanceLots"], met["imbalanceSide"]) == ("2", "sell")
        served.world.buy(CHEN, 4, 104)
        met = told_until(client, lots="5")
        assert (met["imbalanceLots"], met["imbalanceSide"]) == ("2", "buy")
        with wire(served.base_url) as late:
            assert late.subscribe(f"auction:{CODE}")["data"] == met

        goes_by(served, minutes=10)
        assert told_until(client, lots="0")["pricePerKg"] is None
        traded = [event["trade"] for event in tape.next("delta")["data"]["events"]]
        assert [(trade["lots"], trade["pricePerKg"]) for trade in traded] == [
            ("3", met["pricePerKg"]),
            ("2", met["pricePerKg"]),
        ]


def test_stream__begins_from_the_newest_picture__and_has_the_book(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(database)
    world.start()
    world.sell(ANA, 5, 100)
    head, engine = world.market.sequencer._head, world.market.sequencer._engine
    with database.write() as session:
        save(session, engine, head, world.clock.now())
    world.buy(BO, 2, 100)
    world.stop()
    began: list[int] = []

    def noting(session: Session, start: Head) -> Iterable[Line]:
        began.append(start.sequence)
        return read(session, start)

    monkeypatch.setattr(publisher_module, "read", noting)
    with streaming(database, is_listed=True) as served, wire(served.base_url) as client:
        found = client.subscribe(f"book:{CODE}")["data"]
        assert (found["asks"], found["journalSequence"]) == ([{"pricePerKg": "100", "lots": "3", "orders": 1}], 2)
    assert began[0] == head.sequence == 1, "what the picture shows is not heard again"


def test_rules_channel__tells_the_whole_again_when_the_rules_or_the_phase_change(database: Database) -> None:
    with streaming(database) as served, wire(served.base_url) as client:
        first = client.subscribe(f"rules:{CODE}")["data"]
        assert (first["phase"], first["rules"]["mode"], first["rules"]["modePinned"]) == (
            "continuous",
            "continuous",
            True,
        )

        call_at_one(served)
        changed = client.next("delta")["data"]
        goes_by(served, seconds=1)
        begun = client.next("delta")["data"]

        assert (changed["rules"]["mode"], changed["nextCall"]) == ("call", "2026-01-15T13:00:00Z")
        assert begun["phase"] == "call"
