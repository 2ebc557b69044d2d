"""The market over HTTP: the way of an order, what the public sees, and every bad request with its own code."""

import json
from datetime import timedelta
from typing import Any

import pytest

from backend.chain.keys import Signer, personal_recover
from backend.chain.typed_data import sign
from backend.kernel.clock import iso, unix_s
from backend.kernel.digest import canonical_json, to_hex
from backend.market.listing import keep_rules
from backend.market.order import Side, SignedOrder
from backend.market.rules import ClassRules
from tests.api.access_app import bearer, token_for
from tests.api.market_app import CODE
from tests.unit.market.world import (
    ANA,
    BO,
    CHEN,
    CLASS_ID,
    DOMAIN,
    OPERATOR,
    OTHER_CLASS_ID,
    START,
    World,
    hash_of,
    signed,
)
from tests.web import TestClient


def body_of(maker: Signer, order: SignedOrder) -> dict[str, Any]:
    return {**order.wire(), "signature": to_hex(signed(maker, order))}


def headers(client: TestClient, maker: Signer) -> dict[str, str]:
    return bearer(token_for(client, maker))


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer that must have this status and code."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), answer.text
    return found


def state(world: World) -> tuple[bytes, int]:
    return world.market.sequencer.ask(lambda engine, sequence: (engine.state_digest(), sequence))


def test_order__from_number_to_trade__by_http_alone(world: World, client: TestClient) -> None:
    given = client.post("/orders/numbers", json={"count": 2}, headers=headers(client, ANA))
    assert given.status_code == 201
    assert given.json() == {"from": "1", "to": "2", "expires": iso(world.clock.now() + timedelta(days=1))}
    sell = world.order(ANA, Side.SELL, 10, 100, number=1)

    placed = client.post("/orders", json=body_of(ANA, sell))
    assert placed.status_code == 201
    ack = placed.json()
    signed_text = canonical_json({name: ack[name] for name in ("journalHead", "orderHash", "sequence")}).decode()
    assert personal_recover(signed_text, bytes.fromhex(ack["signature"][2:])) == OPERATOR.address == ack["operator"]
    assert (ack["orderHash"], ack["sequence"], ack["lotsOpen"], ack["fills"]) == (to_hex(hash_of(sell)), 1, "10", [])

    buy = world.order(BO, Side.BUY, 4, 120)
    crossed = client.post("/orders", json=body_of(BO, buy)).json()
    assert crossed["fills"] == [{"tradeId": 1, "lots": "4", "pricePerKg": "100"}]
    assert (crossed["lotsOpen"], crossed["lotsStopped"]) == ("0", "0")

    book = client.get(f"/market/{CODE}/book").json()
    assert book == {
        "classId": str(CLASS_ID),
        "classCode": "CN-SC/2025/SIM",
        "sequence": 2,
        "bids": [],
        "asks": [{"pricePerKg": "100", "lots": "6", "orders": 1}],
    }
    (trade,) = client.get(f"/market/{CLASS_ID}/trades").json()["items"]
    assert (trade["tradeId"], trade["lots"], trade["takerSide"], trade["state"]) == (1, "4", "buy", "matched")
    assert not {ANA.address, BO.address} & set(map(str, trade.values())), "the tape names no accounts"


def test_order__sent_again__gets_the_same_answer(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 10, 100)
    first = client.post("/orders", json=body_of(ANA, order))
    world.buy(BO, 3, 100)

    again = client.post("/orders", json=body_of(ANA, order))

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert state(world)[1] == 2


def test_classes__are_listed_with_their_rules(client: TestClient) -> None:
    rules = client.get("/market/classes").json()

    assert [row["classCode"] for row in rules] == ["CN-SC/2025/SIM", "US-CA/2025/SIM"]
    assert rules[0] == {
        "classId": str(CLASS_ID),
        "classCode": "CN-SC/2025/SIM",
        "tick": "1",
        "lotsMin": "1",
        "lotsMax": "1000000",
        "priceMax": "1000000000000",
        "openOrdersMax": 200,
        "lifetimeSMin": 60,
        "lifetimeSMax": 31622400,
        "feeBps": "30",
    }


def test_ticker__shows_last_best_and_day(world: World, client: TestClient) -> None:
    empty = client.get(f"/market/{CODE}/ticker").json()
    assert (empty["lastPricePerKg"], empty["bidPerKg"], empty["volumeLots"]) == (None, None, "0")
    world.sell(ANA, 5, 100)
    world.buy(BO, 2, 100)
    world.buy(CHEN, 1, 90)

    ticker = client.get(f"/market/{CODE}/ticker").json()

    assert (ticker["lastPricePerKg"], ticker["bidPerKg"], ticker["askPerKg"]) == ("100", "90", "100")
    assert (ticker["highPerKg"], ticker["lowPerKg"], ticker["volumeLots"], ticker["trades"]) == ("100", "100", "2", 1)


def test_my_orders__are_mine_alone_and_need_a_session(world: World, client: TestClient) -> None:
    world.sell(ANA, 5, 100)
    world.sell(BO, 5, 101)
    world.buy(BO, 5, 100)

    mine = client.get("/orders", headers=headers(client, BO)).json()["items"]

    assert [(order["sequence"], order["state"]) for order in mine] == [(2, "open"), (3, "filled")]
    still_open = client.get("/orders", params={"onlyOpen": "true"}, headers=headers(client, BO)).json()
    assert ([order["sequence"] for order in still_open["items"]], still_open["next"]) == ([2], None)
    page = client.get("/orders", params={"limit": 1}, headers=headers(client, BO)).json()
    paged = client.get("/orders", params={"cursor": page["next"], "limit": 1}, headers=headers(client, BO)).json()
    assert [[order["sequence"] for order in found["items"]] for found in (page, paged)] == [[2], [3]]
    problem(client.get("/orders"), 401, "auth.required")


def test_one_order__by_its_hash__shows_state_and_trades(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 5, 100)
    world.place(ANA, order)
    world.buy(BO, 2, 100)

    shown = client.get(f"/orders/{to_hex(hash_of(order))}").json()

    assert {name: shown[name] for name in order.wire()} == order.wire()
    assert (shown["state"], shown["lotsOpen"], shown["lotsMatched"]) == ("open", "3", "2")
    assert [(trade["tradeId"], trade["lots"]) for trade in shown["trades"]] == [(1, "2")]
    problem(client.get(f"/orders/0x{'00' * 32}"), 404, "market.order_unknown")
    problem(client.get("/orders/0x12"), 422, "input.invalid")


def test_cancel__by_the_maker__once_and_again(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 5, 100)
    world.place(ANA, order)
    path = f"/orders/{to_hex(hash_of(order))}"
    mine, others = headers(client, ANA), headers(client, BO)

    problem(client.delete(path), 401, "auth.required")
    problem(client.delete(path, headers=others), 403, "market.not_your_order")
    first = client.delete(path, headers=mine)

    assert first.status_code == 200
    assert (first.json()["sequence"], first.json()["lotsMatched"]) == (2, "0")
    assert client.delete(path, headers=mine).json() == first.json()
    problem(client.delete(f"/orders/0x{'00' * 32}", headers=mine), 404, "market.order_unknown")


def test_cancel__a_filled_order__is_a_conflict(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 5, 100)
    world.place(ANA, order)
    world.buy(BO, 5, 100)

    answer = client.delete(f"/orders/{to_hex(hash_of(order))}", headers=headers(client, ANA))

    assert problem(answer, 409, "market.order_closed")["state"] == "filled"


def test_cancel__by_signature__needs_no_session(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 5, 100)
    world.place(ANA, order)
    deadline = unix_s(world.clock.now()) + 60

    def body(signer: Signer, until: int) -> dict[str, str]:
        message = {"maker": ANA.address, "number": order.number, "deadline": until}
        text = {name: str(value) for name, value in message.items()}
        return {**text, "signature": to_hex(sign(signer, "Cancel", DOMAIN, message))}

    problem(client.post("/orders/cancel", json=body(BO, deadline)), 401, "market.signature_not_makers")
    problem(client.post("/orders/cancel", json=body(ANA, deadline - 60)), 422, "market.cancel_deadline_passed")
    assert client.post("/orders/cancel", json=body(ANA, deadline)).json()["orderHash"] == to_hex(hash_of(order))


BAD_FIELDS: list[tuple[str, Any, str]] = [
    ("maker", "0x12", "address.malformed"),
    ("maker", ANA.address.swapcase().replace("0X", "0x"), "address.checksum_wrong"),
    ("classId", -1, "amount.malformed"),
    ("side", "short", "input.invalid"),
    ("action", "burn", "input.invalid"),
    ("amountGco2e", 1000, "amount.malformed"),
    ("amountGco2e", "1000.5", "amount.malformed"),
    ("amountGco2e", "-1000", "amount.malformed"),
    ("amountGco2e", "0", "amount.malformed"),
    ("amountGco2e", "1e3", "amount.malformed"),
    ("amountGco2e", str(2**256), "amount.malformed"),
    ("pricePerKg", "0", "amount.malformed"),
    ("expiry", None, "amount.malformed"),
    ("ref", "0x00", "bytes32.malformed"),
    ("signature", "0x0", "signature.unreadable"),
    ("surprise", "1", "input.invalid"),
]


@pytest.mark.parametrize(("field", "value", "code"), BAD_FIELDS)
def test_order__with_a_malformed_field__is_refused_and_named(
    world: World, client: TestClient, *, field: str, value: object, code: str
) -> None:
    body = body_of(ANA, world.order(ANA, Side.SELL, 1, 100)) | {field: value}
    before = state(world)

    found = problem(client.post("/orders", json=body), 422, "input.invalid")

    assert [(row["at"].split(".")[-1], row["code"]) for row in found["errors"]] == [(field, code)]
    assert state(world) == before


@pytest.mark.parametrize("field", ["maker", "side", "signature", "ref"])
def test_order__with_a_missing_field__is_refused(world: World, client: TestClient, field: str) -> None:
    body = body_of(ANA, world.order(ANA, Side.SELL, 1, 100))
    del body[field]

    problem(client.post("/orders", json=body), 422, "input.invalid")


def test_order__that_is_not_json__is_refused(client: TestClient) -> None:
    answer = client.post("/orders", content=b"{", headers={"content-type": "application/json"})

    problem(answer, 400, "input.not_json")


def test_order__breaking_a_rule__gets_that_rules_code_and_changes_nothing(world: World, client: TestClient) -> None:
    now_s = unix_s(world.clock.now())
    world.balances.credits[CHEN.address, CLASS_ID] = 0
    world.balances.unapproved.add(BO.address)
    world.minors.add(BO.address)
    used = world.order(ANA, Side.SELL, 1, 100)
    world.place(ANA, used)
    before = state(world)
    cases: list[tuple[Signer, SignedOrder, int, str]] = [
        (ANA, world.order(ANA, Side.SELL, 1, 100, amount_gco2e=1500), 422, "amount.not_whole_lots"),
        (ANA, world.order(ANA, Side.SELL, 1, 100, beneficiary=BO.address), 422, "market.beneficiary_not_maker"),
        (ANA, world.order(ANA, Side.SELL, 1, 100, ref=b"\1" * 32), 422, "market.ref_not_zero"),
        (ANA, world.order(ANA, Side.SELL, 1, 100, class_id=5), 404, "market.class_unknown"),
        (ANA, world.order(ANA, Side.SELL, 1, 10**12 + 1), 422, "market.price_too_high"),
        (ANA, world.order(ANA, Side.SELL, 10**6 + 1, 100), 422, "market.amount_out_of_range"),
        (ANA, world.order(ANA, Side.SELL, 1, 100, expiry=now_s), 422, "market.expiry_too_soon"),
        (ANA, world.order(ANA, Side.SELL, 1, 100, expiry=2**39), 422, "market.expiry_too_late"),
        (ANA, world.order(ANA, Side.SELL, 1, 100, max_fee_bps=0), 422, "market.fee_bound_too_low"),
        (ANA, world.order(ANA, Side.SELL, 1, 100, number=2**255 + 1), 422, "market.number_not_leased"),
        (ANA, world.order(ANA, Side.SELL, 2, 100, number=used.number), 409, "market.number_used"),
        (ANA, world.order(ANA, Side.SELL, 1, 100, epoch=1), 422, "market.epoch_stale"),
        (BO, world.order(BO, Side.SELL, 1, 100), 403, "market.may_not_sell"),
        (CHEN, world.order(CHEN, Side.SELL, 1, 100), 422, "market.credits_insufficient"),
        (BO, world.order(ANA, Side.SELL, 1, 100), 401, "market.signature_not_makers"),
    ]
    for signer, order, status, code in cases:
        problem(client.post("/orders", json=body_of(signer, order)), status, code)

    assert state(world) == before


def test_order__price_off_tick__says_the_tick(world: World, client: TestClient) -> None:
    with world.database.write() as session:
        keep_rules(session, ClassRules(OTHER_CLASS_ID, tick=5), START)
    order = world.order(ANA, Side.SELL, 1, 101, class_id=OTHER_CLASS_ID)

    found = problem(client.post("/orders", json=body_of(ANA, order)), 422, "market.price_off_tick")

    assert (found["tick"], found["pricePerKg"]) == ("5", "101")


def test_order__while_the_market_is_stopped__asks_to_try_again(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 1, 100)
    world.stop()

    answer = client.post("/orders", json=body_of(ANA, order))

    problem(answer, 503, "market.stopped")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("count", [0, 257, -3])
def test_numbers__out_of_range__are_refused(client: TestClient, count: int) -> None:
    answer = client.post("/orders/numbers", json={"count": count}, headers=headers(client, ANA))

    assert problem(answer, 422, "market.number_count_out_of_range")["countMax"] == "256"


def test_numbers__without_a_session_or_a_number__are_refused(client: TestClient) -> None:
    problem(client.post("/orders/numbers", json={"count": 1}), 401, "auth.required")
    problem(client.post("/orders/numbers", json={"count": "1"}, headers=headers(client, ANA)), 422, "input.invalid")


@pytest.mark.parametrize("what", ["book", "trades", "ticker"])
@pytest.mark.parametrize("class_ref", ["7", "XX~2025~SIM", "nonsense", "1" * 200])
def test_reads__of_an_unknown_class__are_not_found(client: TestClient, what: str, class_ref: str) -> None:
    problem(client.get(f"/market/{class_ref}/{what}"), 404, "market.class_unknown")


@pytest.mark.parametrize(
    "path", ["book?depth=0", "book?depth=501", "trades?limit=0", "trades?limit=201", "candles?interval=2m"]
)
def test_reads__with_bad_parameters__are_refused(client: TestClient, path: str) -> None:
    problem(client.get(f"/market/{CODE}/{path}"), 422, "input.invalid")


def test_openapi__has_every_route_and_the_word_from(client: TestClient) -> None:
    described = client.get("/openapi.json").json()

    assert {"/market/classes", "/market/{class_ref}/book", "/orders", "/orders/numbers"} <= set(described["paths"])
    assert '"from"' in json.dumps(described["components"]["schemas"]["NumbersOut"]["properties"])
