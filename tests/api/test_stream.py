"""`/stream` on a real server: snapshots and deltas in order, coming back after a cut, and what it refuses."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from websockets.exceptions import InvalidStatus

from backend.access.client import ApiClient
from backend.kernel.digest import to_hex
from backend.link.tables import Cursor, IndexedBlock, IndexedEvent
from backend.market import connection as connection_module
from backend.market import hub as hub_module
from backend.market import stream_routes as routes_module
from backend.market.connection import ERRORS_MAX
from backend.market.trades import mark_sent, mark_settled
from backend.storage.database import Database
from tests.api.stream_world import FEE, StreamWorld, streaming
from tests.unit.market.world import ANA, BO, CLASS_ID
from tests.web_socket import wire

CODE = "CN-SC/2025/SIM"


@pytest.fixture
def served(database: Database) -> Iterator[StreamWorld]:
    with streaming(database) as made:
        yield made


def test_book__snapshot_then_deltas__say_what_stands_with_dense_sequences(served: StreamWorld) -> None:
    served.world.sell(ANA, 5, 100)
    with wire(served.base_url) as client:
        first = client.subscribe(f"book:{CLASS_ID}")
        assert (first["channel"], first["why"]) == (f"book:{CODE}", "subscribed")
        assert first["data"]["asks"] == [{"pricePerKg": "100", "lots": "5", "orders": 1}]
        assert (first["data"]["bids"], first["data"]["journalSequence"]) == ([], 1)

        served.world.buy(BO, 2, 100)
        change = client.next("delta")
        assert change["sequence"] == first["sequence"] + 1
        assert change["data"]["asks"] == [{"pricePerKg": "100", "lots": "3", "orders": 1}]
        served.world.buy(BO, 9, 100)
        change = client.next("delta")
        assert change["sequence"] == first["sequence"] + 2
        assert change["data"]["asks"] == [{"pricePerKg": "100", "lots": "0", "orders": 0}]
        assert change["data"]["bids"] == [{"pricePerKg": "100", "lots": "6", "orders": 1}]


def test_trades__new_and_busted__are_told_once_each(served: StreamWorld) -> None:
    served.world.sell(ANA, 5, 100)
    served.world.buy(BO, 1, 100)
    with wire(served.base_url) as client:
        first = client.subscribe("trades:CN-SC~2025~SIM")
        assert [trade["tradeId"] for trade in first["data"]["trades"]] == [1]

        served.world.buy(BO, 2, 100)
        (told,) = client.next("delta")["data"]["events"]
        assert (told["event"], told["trade"]["tradeId"], told["trade"]["lots"]) == ("trade", 2, "2")
        served.world.market.bust(1, "PaymentFailed")
        (told,) = client.next("delta")["data"]["events"]
        assert (told["event"], told["trade"]["tradeId"]) == ("trade_busted", 1)
        assert (told["trade"]["state"], told["trade"]["bustReason"]) == ("busted", "PaymentFailed")
        assert not {ANA.address, BO.address} & set(map(str, told["trade"].values())), "the tape names no accounts"


def test_candles__a_trade_and_its_bust__change_the_candle_and_say_why(served: StreamWorld) -> None:
    with wire(served.base_url) as client:
        first = client.subscribe(f"candles:{CODE}:5m")
        assert [candle["trades"] for candle in first["data"]["candles"]] == [0] * 100, "gaps are told"

        served.world.sell(ANA, 5, 100)
        served.world.buy(BO, 2, 100)
        change = client.next("delta")["data"]
        (candle,) = change["candles"]
        assert (change["event"], candle["openPerKg"], candle["volumeLots"]) == ("trade", "100", "2")
        served.world.market.bust(1, "PaymentFailed")
        change = client.next("delta")["data"]
        (candle,) = change["candles"]
        assert (change["event"], candle["openPerKg"], candle["volumeLots"]) == ("trade_busted", None, "0")
        assert (candle["trades"], candle["busted"]) == (0, 1)


def test_ticker__comes_again_when_something_changed__at_most_once_a_second(served: StreamWorld) -> None:
    with wire(served.base_url) as client:
        first = client.subscribe(f"ticker:{CODE}")
        assert (first["data"]["askPerKg"], first["data"]["lastPricePerKg"]) == (None, None)

        served.world.sell(ANA, 5, 100)
        assert client.next("delta")["data"]["askPerKg"] == "100"
        served.world.buy(BO, 2, 100)
        client.ask("ping")
        client.next("pong")
        served.world.clock.at += timedelta(seconds=2)
        change = client.next("delta")["data"]
        assert (change["lastPricePerKg"], change["volumeLots"], change["askPerKg"]) == ("100", "2", "100")


def test_private__each_account__sees_its_own_orders_fills_and_balances(served: StreamWorld) -> None:
    world = served.world
    world.balances.payments[BO.address] = world.balances.allowances[BO.address] = 10_000
    with wire(served.base_url, served.token(ANA)) as ana, wire(served.base_url, served.token(BO)) as bo:
        for client in (ana, bo):
            assert client.subscribe("orders")["data"]["orders"] == []
            assert client.subscribe("fills")["data"]["fills"] == []
        assert bo.subscribe("balances")["data"]["money"]["free"] == "10000"

        sell = world.sell(ANA, 5, 100).accepted
        (order,) = ana.next("delta")["data"]["orders"]
        assert (order["sequence"], order["state"], order["lotsOpen"]) == (sell.sequence, "open", "5")
        world.buy(BO, 2, 100)

        told = {(change := bo.next("delta"))["channel"]: change["data"] for _ in range(3)}
        assert [(order["state"], order["side"]) for order in told["orders"]["orders"]] == [("filled", "buy")]
        (event,) = told["fills"]["events"]
        assert (event["event"], event["fill"]["side"], event["fill"]["isTaker"]) == ("matched", "buy", True)
        assert (told["balances"]["money"]["inFlight"], told["balances"]["money"]["free"]) == ("202", "9798")
        own = {(change := ana.next("delta"))["channel"]: change["data"] for _ in range(2)}
        assert [(order["state"], order["lotsOpen"]) for order in own["orders"]["orders"]] == [("open", "3")]
        (event,) = own["fills"]["events"]
        assert (event["fill"]["side"], event["fill"]["isTaker"]) == ("sell", False)
        assert event["fill"]["orderHash"] == to_hex(sell.order_hash)


def test_fills__on_their_way_to_the_chain__are_told_with_fee_and_transaction(served: StreamWorld) -> None:
    world, tx_hash = served.world, b"\7" * 32
    world.sell(ANA, 5, 100)
    world.buy(BO, 2, 100)
    world.buy(BO, 1, 100)
    with wire(served.base_url, served.token(BO)) as client:
        shown = client.subscribe("fills")["data"]["fills"]
        assert [(fill["tradeId"], fill["state"], fill["fee"]) for fill in shown] == [
            (2, "matched", None),
            (1, "matched", None),
        ]
        with world.database.write() as session:
            mark_sent(session, [1, 2], 1, at=world.clock.now())
        events = client.next("delta")["data"]["events"]
        assert [(event["event"], event["fill"]["tradeId"]) for event in events] == [("sent", 1), ("sent", 2)]

        with world.database.write() as session:
            mark_settled(session, 1, tx_hash=tx_hash, at=world.clock.now())
        (event,) = client.next("delta")["data"]["events"]
        assert (event["event"], event["fill"]["fee"], event["fill"]["txHash"]) == ("mined", str(FEE), to_hex(tx_hash))
        world.market.bust(2, "PaymentFailed")
        (event,) = client.next("delta")["data"]["events"]
        assert (event["event"], event["fill"]["bustReason"]) == ("trade_busted", "PaymentFailed")

        index_a_fill(served, tx_hash)
        (event,) = client.next("delta")["data"]["events"]
        assert (event["event"], event["fill"]["tradeId"], event["fill"]["state"]) == ("final", 1, "final")


def test_balances__when_the_chain_moved__are_told_if_they_changed(served: StreamWorld) -> None:
    world = served.world
    with wire(served.base_url, served.token(BO)) as client:
        before = client.subscribe("balances")["data"]["money"]["held"]
        move_the_chain(served, b"\1" * 32)
        world.balances.payments[BO.address] = 5
        move_the_chain(served, b"\2" * 32)
        change = client.next("delta")["data"]["money"]
        assert (change["held"], change["free"], before == "5") == ("5", "5", False)


def move_the_chain(served: StreamWorld, block_hash: bytes) -> None:
    with served.world.database.write() as session:
        cursor = session.get(Cursor, 1) or Cursor(number=0, hash=b"", time=served.world.clock.now(), final_number=0)
        cursor.number, cursor.hash = cursor.number + 1, block_hash
        session.add(cursor)


def index_a_fill(served: StreamWorld, tx_hash: bytes) -> None:
    """What the link room writes when the block of a fill has the confirmation depth."""
    with served.world.database.write() as session:
        at, block = served.world.clock.now(), b"\1" * 32
        session.add(IndexedBlock(number=9, hash=block, parent_hash=b"\2" * 32, time=at))
        session.flush()
        session.add(
            IndexedEvent(
                block_number=9,
                log_index=0,
                block_hash=block,
                tx_hash=tx_hash,
                contract="Exchange",
                name="Filled",
                args="{}",
                topics=b"",
                data=b"",
            )
        )
        session.add(Cursor(number=9, hash=block, time=at, final_number=9))


# --- coming back ---


def test_resume__after_a_cut__replays_what_was_missed_and_goes_on(served: StreamWorld) -> None:
    with wire(served.base_url) as client:
        last = client.subscribe(f"book:{CODE}")["sequence"]
        served.world.sell(ANA, 1, 101)
        last = client.next("delta")["sequence"]
    for price in (102, 103, 104):
        served.world.sell(ANA, 1, price)
    with wire(served.base_url) as other:
        upto = other.subscribe(f"book:{CODE}")["sequence"]

        with wire(served.base_url) as client:
            client.ask("resume", f"book:{CODE}", after=last)
            told = client.next("resumed")
            assert (told["after"], told["sequence"]) == (last, upto)
            missed = [client.next("delta") for _ in range(upto - last)]
            assert [change["sequence"] for change in missed] == list(range(last + 1, upto + 1))
            assert [level["pricePerKg"] for change in missed for level in change["data"]["asks"]] == [
                "102",
                "103",
                "104",
            ]
            served.world.sell(ANA, 1, 105)
            assert client.next("delta")["sequence"] == upto + 1
        assert other.next("delta")["sequence"] == upto + 1


def test_resume__from_what_is_not_kept__gets_a_snapshot_that_says_why(served: StreamWorld) -> None:
    with wire(served.base_url) as client:
        client.ask("resume", f"book:{CODE}", after=5)
        assert client.next("snapshot")["why"] == "unknown_sequence"
        last = client.subscribe(f"book:{CODE}")["sequence"]
        client.ask("resume", f"book:{CODE}", after=last + 1)
        assert client.next("snapshot")["why"] == "unknown_sequence"
        client.ask("resume", f"book:{CODE}", after=last - 1)
        assert client.next("snapshot")["why"] == "too_old"
        client.ask("resume", f"book:{CODE}", after=last)
        assert client.next("resumed")["sequence"] == last


def test_unsubscribe__ends_the_channel_and_no_other(served: StreamWorld) -> None:
    with wire(served.base_url) as client:
        client.subscribe(f"book:{CODE}")
        client.subscribe(f"trades:{CODE}")
        client.ask("unsubscribe", f"book:{CODE}")
        client.next("unsubscribed")
        served.world.sell(ANA, 1, 100)
        served.world.buy(BO, 1, 100)
        assert client.next("delta")["channel"] == f"trades:{CODE}"


# --- what it refuses ---


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "stream.frame_malformed"),
        ("[]", "stream.frame_malformed"),
        ('{"op": "shout"}', "stream.frame_malformed"),
        ('{"op": "subscribe"}', "stream.frame_malformed"),
        ('{"op": "subscribe", "channel": 5}', "stream.frame_malformed"),
        ('{"op": "subscribe", "channel": "book:x", "more": 1}', "stream.frame_malformed"),
        ('{"op": "resume", "channel": "orders"}', "stream.frame_malformed"),
        ('{"op": "resume", "channel": "orders", "after": "1"}', "stream.frame_malformed"),
        ("[" * 4_000, "stream.frame_malformed"),
        ('{"op": "subscribe", "channel": "' + "x" * 5_000 + '"}', "stream.frame_too_large"),
        ('{"op": "subscribe", "channel": "weather"}', "stream.channel_unknown"),
        ('{"op": "subscribe", "channel": "book:CN-SC/2025/SIM:1m"}', "stream.channel_unknown"),
        ('{"op": "subscribe", "channel": "candles:CN-SC/2025/SIM:2m"}', "stream.channel_unknown"),
        ('{"op": "subscribe", "channel": "book:CN-SC/2024/SIM"}', "market.class_unknown"),
        ('{"op": "subscribe", "channel": "book:nowhere"}', "market.class_unknown"),
        ('{"op": "subscribe", "channel": "orders"}', "stream.channel_private"),
    ],
)
def test_frame__that_cannot_be_done__is_answered_with_a_problem(served: StreamWorld, text: str, code: str) -> None:
    with wire(served.base_url) as client:
        client.socket.send(text)

        assert client.next("error")["problem"]["code"] == code
        assert client.subscribe(f"book:{CODE}")["data"]["asks"] == [], "the stream goes on"


def test_frame__in_bytes_or_one_after_the_other_wrong__lets_the_client_go(served: StreamWorld) -> None:
    with wire(served.base_url) as client:
        client.socket.send(b"\0")
        assert client.next("error")["problem"]["code"] == "stream.frame_malformed"
        for _ in range(ERRORS_MAX - 1):
            client.ask("shout")
        assert client.closing() == (1008, "stream.too_many_errors")


def test_subscriptions__more_than_one_client_may_have__are_refused(
    served: StreamWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "SUBSCRIPTIONS_MAX", 2)
    with wire(served.base_url) as client:
        client.subscribe(f"book:{CODE}")
        client.subscribe(f"trades:{CODE}")
        client.ask("subscribe", f"ticker:{CODE}")
        assert client.next("error")["problem"]["code"] == "stream.too_many_subscriptions"
        client.ask("unsubscribe", f"book:{CODE}")
        client.next("unsubscribed")
        assert client.subscribe(f"ticker:{CODE}")["type"] == "snapshot"


def refused(base_url: str, token: str | None = None, **headers: str) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as refusal, wire(base_url, token, **headers):
        pass
    body = refusal.value.response.body
    assert body is not None
    return refusal.value.response.status_code, json.loads(body)["code"]


def test_handshake__from_another_site_or_with_a_dead_token__is_a_problem_document(served: StreamWorld) -> None:
    assert refused(served.base_url, Origin="https://evil.example") == (403, "access.cross_site")
    assert refused(served.base_url, Sec_Fetch_Site="cross-site") == (403, "access.cross_site")
    assert refused(served.base_url, "x" * 43) == (401, "auth.required")
    with wire(served.base_url, Origin=served.base_url) as client:
        client.subscribe(f"book:{CODE}")


def test_connections__beyond_the_limit__are_asked_to_come_later(
    served: StreamWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "CONNECTIONS_OF_ADDRESS_MAX", 1)
    with wire(served.base_url) as client:
        client.ask("ping")
        client.next("pong")
        assert refused(served.base_url) == (503, "stream.busy")


def test_session__that_ends__takes_its_stream_with_it(served: StreamWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes_module, "HEARTBEAT_S", 0.05)
    token = served.token(ANA)
    with wire(served.base_url, token) as client:
        client.subscribe("orders")
        with ApiClient(served.base_url) as api:
            api.http.headers["Authorization"] = f"Bearer {token}"
            api.delete("/sessions")
        assert client.closing() == (1008, "stream.session_ended")


def test_stream__that_stopped__refuses_and_lets_everybody_go(served: StreamWorld) -> None:
    with wire(served.base_url) as client:
        client.subscribe(f"book:{CODE}")
        served.stream.tap.close()
        assert client.closing() == (1013, "stream.stopped")
    assert refused(served.base_url) == (503, "stream.stopped")
    assert served.world.sell(ANA, 1, 100).accepted.sequence == 1, "the book goes on"
