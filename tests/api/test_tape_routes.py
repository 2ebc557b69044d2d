"""What the market shows over HTTP: three depths, tape, candles, CSV, an account's own; in pages, and not sent twice."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from backend.kernel.clock import iso
from backend.link.tables import CreditBalance
from backend.market import tape_csv
from backend.market.funds import PaymentInsufficient
from tests.api.market_app import CODE
from tests.api.test_market_routes import headers, problem
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, START, World
from tests.web import TestClient

MINUTE = timedelta(minutes=1)


def read(client: TestClient, what: str, **params: str | int) -> Any:
    answer = client.get(f"/market/{CODE}/{what}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def trade(world: World, price_per_kg: int, lots: int) -> None:
    world.sell(ANA, lots, price_per_kg)
    world.buy(BO, lots, price_per_kg)


def test_best__is_the_first_level_of_each_side(world: World, client: TestClient) -> None:
    assert (read(client, "best")["bid"], read(client, "best")["ask"]) == (None, None)
    world.sell(ANA, 5, 101)
    world.sell(BO, 2, 101)
    world.buy(CHEN, 1, 99)

    found = read(client, "best")

    assert found["ask"] == {"pricePerKg": "101", "lots": "7", "orders": 2}
    assert found["bid"] == {"pricePerKg": "99", "lots": "1", "orders": 1}
    assert found["sequence"] == 3


def test_queue__is_in_the_order_of_filling_without_accounts(world: World, client: TestClient) -> None:
    world.sell(ANA, 5, 101)
    world.sell(BO, 2, 100)
    world.sell(CHEN, 3, 101)
    world.buy(BO, 1, 99)
    world.buy(CHEN, 1, 100)

    found = read(client, "queue")

    assert [(order["sequence"], order["pricePerKg"], order["place"], order["lots"]) for order in found["asks"]] == [
        (2, "100", 1, "1"),
        (1, "101", 1, "5"),
        (3, "101", 2, "3"),
    ]
    assert [order["sequence"] for order in found["bids"]] == [4]
    assert len(read(client, "queue", count=1)["asks"]) == 1
    assert not any(maker.address in str(found) for maker in (ANA, BO, CHEN))


def test_trades__come_in_pages_that_stay_true_while_more_are_made(world: World, client: TestClient) -> None:
    for lots in (1, 2, 3):
        trade(world, 100, lots)
    first = read(client, "trades", limit=2)
    trade(world, 100, 4)

    rest = read(client, "trades", limit=2, cursor=first["next"])

    assert [[item["tradeId"] for item in page["items"]] for page in (first, rest)] == [[3, 2], [1]]
    assert rest["next"] is None
    orders = client.get("/orders", params={"limit": 1}, headers=headers(client, ANA)).json()
    answer = client.get(f"/market/{CODE}/trades", params={"cursor": orders["next"]})
    problem(answer, 422, "input.cursor_malformed")


@pytest.mark.parametrize("what", ["best", "book", "queue", "trades", "candles"])
def test_answers__that_did_not_change__are_not_sent_again(world: World, client: TestClient, what: str) -> None:
    path = f"/market/{CODE}/{what}"
    trade(world, 100, 1)
    first = client.get(path)
    tag = first.headers["etag"]

    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    trade(world, 101, 1)
    world.sell(ANA, 1, 105)
    changed = client.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] == tag) == (200, False)
    assert changed.headers["cache-control"] == "no-cache"


def test_classes__have_an_etag_too(client: TestClient) -> None:
    first = client.get("/market/classes")

    again = client.get("/market/classes", headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code) == (200, 304)


def test_candles__go_back_to_the_first_trade_in_pages_with_gaps(world: World, client: TestClient) -> None:
    assert [candle["trades"] for candle in read(client, "candles", interval="1m")["items"]] == [0]
    trade(world, 100, 5)
    world.clock.at = START + 4 * MINUTE
    trade(world, 90, 1)

    first = read(client, "candles", interval="1m", limit=2)
    second = read(client, "candles", interval="1m", limit=2, cursor=first["next"])
    third = read(client, "candles", interval="1m", limit=2, cursor=second["next"])

    found = [*first["items"], *second["items"], *third["items"]]
    assert [candle["start"] for candle in found] == [iso(START + at * MINUTE) for at in (4, 3, 2, 1, 0)]
    assert [candle["closePerKg"] for candle in found] == ["90", None, None, None, "100"]
    assert third["next"] is None
    (hour,) = read(client, "candles")["items"]
    assert (hour["openPerKg"], hour["closePerKg"], hour["volumeLots"]) == ("100", "90", "6")
    far = client.get(f"/market/{CODE}/candles", params={"cursor": "WyJjYW5kbGVzIiw5MjIzMzcyMDM2ODU0Nzc1ODA3XQ"})
    assert far.status_code == 200, "a cursor beyond now is the first page, not a failure"


def test_trades__as_csv__are_all_of_them_oldest_first(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape_csv, "_ROWS_AT_ONCE", 2)
    for lots in (1, 2, 3, 4, 5):
        trade(world, 100, lots)
        world.clock.at += MINUTE
    world.market.bust(2, "PaymentFailed")

    answer = client.get(f"/market/{CODE}/trades.csv")
    some = client.get(
        f"/market/{CODE}/trades.csv", params={"since": iso(START + MINUTE), "until": iso(START + 3 * MINUTE)}
    )

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["trade_id"], row["lots_kg"], row["state"]) for row in rows] == [
        *(("1", "1", "matched"), ("2", "2", "busted"), ("3", "3", "matched"), ("4", "4", "matched")),
        ("5", "5", "matched"),
    ]
    assert (rows[1]["bust_reason"], rows[0]["class"]) == ("PaymentFailed", "CN-SC/2025/SIM")
    assert [row["trade_id"] for row in csv.DictReader(io.StringIO(some.text))] == ["2", "3"]
    problem(client.get(f"/market/{CODE}/trades.csv", params={"since": "yesterday"}), 422, "input.invalid")


def test_balances__say_what_is_tied_up_in_flight_and_free(world: World, client: TestClient) -> None:
    world.balances.payments[BO.address], world.balances.allowances[BO.address] = 5_000, 3_000
    world.balances.credits[ANA.address, CLASS_ID] = 20_000
    with world.database.write() as session:
        session.add(CreditBalance(account=ANA.address, class_id=CLASS_ID, held_gco2e=20_000))
    world.sell(ANA, 12, 100)
    world.buy(BO, 4, 100)
    world.buy(BO, 10, 50)

    bo = client.get("/balances", headers=headers(client, BO)).json()
    ana = client.get("/balances", headers=headers(client, ANA)).json()

    assert bo["money"] == {"held": "5000", "allowed": "3000", "inOrders": "505", "inFlight": "404", "free": "2091"}
    assert ana["credits"] == [
        {
            "classId": str(CLASS_ID),
            "classCode": "CN-SC/2025/SIM",
            "isApproved": True,
            "heldGco2e": "20000",
            "inOrdersGco2e": "8000",
            "inFlightGco2e": "4000",
            "freeGco2e": "8000",
        }
    ]
    world.balances.unapproved.add(ANA.address)
    (held,) = client.get("/balances", headers=headers(client, ANA)).json()["credits"]
    assert (held["isApproved"], held["freeGco2e"]) == (False, "0")
    problem(client.get("/balances"), 401, "auth.required")


def test_balances__what_is_free__is_what_an_order_may_use(world: World, client: TestClient) -> None:
    """The page's figure and the book's own check are two readings of one rule."""
    world.balances.payments[BO.address] = world.balances.allowances[BO.address] = 10_100
    world.buy(BO, 30, 100)
    free = int(client.get("/balances", headers=headers(client, BO)).json()["money"]["free"])

    assert free == 7_070
    world.buy(BO, 70, 100)
    assert client.get("/balances", headers=headers(client, BO)).json()["money"]["free"] == "0"
    with pytest.raises(PaymentInsufficient):
        world.buy(BO, 1, 1)
