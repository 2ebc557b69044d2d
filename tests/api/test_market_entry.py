"""More ways in and out over HTTP: batches, validation, hard cancels, cancel-all, keys, limits."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from backend.access.limits import COSTS, Limits
from backend.chain.contracts import Contracts
from backend.chain.keys import Signer
from backend.chain.typed_data import sign
from backend.kernel.clock import unix_s
from backend.kernel.digest import to_hex
from backend.kernel.errors import TanyuError
from backend.link.tables import Intent, IntentState
from backend.market.faucet import FaucetEmpty, ask_faucet
from backend.market.order import Side, SignedOrder
from tests.api.access_app import bearer, token_for
from tests.api.market_app import CODE, market_app
from tests.api.test_api_keys import a_key, signed_headers
from tests.api.test_market_routes import body_of, headers, problem, state
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, DEPLOYMENT, DOMAIN, OTHER_CLASS_ID, World, hash_of, signed
from tests.web import TestClient


def cancel_body(maker: Signer, order: SignedOrder, until_s: int, **more: object) -> dict[str, Any]:
    message = {"maker": maker.address, "number": order.number, "deadline": until_s}
    text = {name: str(value) for name, value in message.items()}
    return {**text, "signature": to_hex(sign(maker, "Cancel", DOMAIN, message)), **more}


# --- Batches ---


def test_batch__of_orders__each_has_its_own_outcome(world: World, client: TestClient) -> None:
    good = world.order(ANA, Side.SELL, 5, 100)
    late = world.order(ANA, Side.SELL, 5, 100, expiry=unix_s(world.clock.now()))
    crossing = world.order(BO, Side.BUY, 2, 100)
    bodies = [body_of(ANA, good), body_of(ANA, late), body_of(ANA, good), body_of(BO, crossing)]

    answer = client.post("/orders/batch", json={"orders": bodies})

    assert answer.status_code == 200
    first, refused, again, crossed = answer.json()
    assert first["accepted"]["orderHash"] == to_hex(hash_of(good))
    assert (refused["accepted"], refused["problem"]["code"], refused["problem"]["status"]) == (
        None,
        "market.expiry_too_soon",
        422,
    )
    assert (again, first["problem"]) == (first, None)
    assert crossed["accepted"]["fills"] == [{"tradeId": 1, "lots": "2", "pricePerKg": "100"}]
    assert state(world)[1] == 2


def test_batch__with_a_malformed_order__is_refused_whole(world: World, client: TestClient) -> None:
    good = body_of(ANA, world.order(ANA, Side.SELL, 5, 100))
    before = state(world)
    found = problem(
        client.post("/orders/batch", json={"orders": [good, good | {"side": "short"}]}), 422, "input.invalid"
    )
    assert found["errors"][0]["at"].startswith("body.orders.1")
    problem(client.post("/orders/batch", json={"orders": []}), 422, "input.invalid")
    problem(client.post("/orders/batch", json={"orders": [good] * 65}), 422, "input.invalid")
    assert state(world) == before


def test_batch__of_cancels__each_has_its_own_outcome(world: World, client: TestClient) -> None:
    mine, others, filled = (world.order(maker, Side.SELL, 1, 100 + at) for at, maker in enumerate((ANA, BO, ANA)))
    for maker, order in ((ANA, mine), (BO, others), (ANA, filled)):
        world.place(maker, order)
    world.buy(CHEN, 1, 100, number=world.number(CHEN))
    hashes = [to_hex(hash_of(order)) for order in (filled, others, mine)] + ["0x" + "00" * 32]

    answer = client.post("/orders/cancel/batch", json={"orderHashes": hashes}, headers=headers(client, ANA))

    found = answer.json()
    assert [row["orderHash"] for row in found] == hashes
    assert [row["problem"] and row["problem"]["code"] for row in found] == [
        *(None, "market.not_your_order", "market.order_closed", "market.order_unknown")
    ]
    assert found[0]["cancelled"]["lotsMatched"] == "0"
    problem(client.post("/orders/cancel/batch", json={"orderHashes": hashes}), 401, "auth.required")


def test_cancel_all__of_one_class_and_of_every__takes_off_what_was_open(world: World, client: TestClient) -> None:
    kept = world.sell(BO, 1, 100).accepted.order_hash
    here = [world.sell(ANA, 1, 101 + at).accepted.order_hash for at in range(3)]
    there = world.sell(ANA, 1, 100, class_id=OTHER_CLASS_ID).accepted.order_hash
    mine = headers(client, ANA)

    first = client.delete("/orders", params={"class": CODE}, headers=mine).json()
    rest = client.delete("/orders", headers=mine).json()
    nothing = client.delete("/orders", headers=mine).json()

    assert first["orderHashes"] == [to_hex(order_hash) for order_hash in here]
    assert (rest["orderHashes"], nothing["orderHashes"]) == ([to_hex(there)], [])
    assert nothing["sequence"] == state(world)[1] == rest["sequence"]
    left = client.get(f"/orders/{to_hex(kept)}").json()
    assert left["state"] == "open"
    problem(client.delete("/orders", params={"class": "XX~1~Y"}, headers=mine), 404, "market.class_unknown")
    problem(client.delete("/orders"), 401, "auth.required")
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


# --- Validation ---


def test_validate__a_crossing_order__says_what_would_be_filled_and_changes_nothing(
    world: World, client: TestClient
) -> None:
    world.sell(BO, 3, 100)
    world.sell(CHEN, 4, 105)
    world.sell(BO, 5, 105)
    world.sell(CHEN, 9, 120)
    order = world.order(ANA, Side.BUY, 10, 110)
    before = state(world)

    found = client.post("/orders/validate", json=body_of(ANA, order)).json()

    assert (found["accepted"], found["problem"], found["sequence"]) == (True, None, 4)
    assert (found["lotsFillable"], found["orders"], found["whyNotAll"]) == ("10", 3, None)
    assert (found["worstPerKg"], found["cost"], found["ownSequences"]) == ("105", str(3 * 100 + 7 * 105), [])
    assert state(world) == before
    placed = client.post("/orders", json=body_of(ANA, order)).json()
    assert [(fill["pricePerKg"], fill["lots"]) for fill in placed["fills"]] == [
        ("100", "3"),
        ("105", "4"),
        ("105", "3"),
    ]


def test_validate__an_order_that_would_be_refused__says_why_by_the_code_of_placing_it(
    world: World, client: TestClient
) -> None:
    world.sell(BO, 5, 100)
    used = world.order(ANA, Side.SELL, 1, 200)
    world.place(ANA, used)
    world.balances.payments[CHEN.address] = 0
    world.balances.unapproved.add(BO.address)
    world.minors.add(CHEN.address)
    now_s = unix_s(world.clock.now())
    cases = [
        (ANA, world.order(ANA, Side.BUY, 2, 100, expiry=now_s)),
        (ANA, world.order(ANA, Side.BUY, 2, 100, class_id=5)),
        (ANA, world.order(ANA, Side.BUY, 2, 100, number=used.number)),
        (ANA, world.order(ANA, Side.BUY, 2, 100, number=999)),
        (ANA, world.order(ANA, Side.BUY, 2, 100, epoch=1)),
        (CHEN, world.order(CHEN, Side.BUY, 2, 100)),
        (CHEN, world.order(CHEN, Side.SELL, 2, 100)),
        (BO, world.order(BO, Side.SELL, 2, 100)),
    ]
    before = state(world)
    for maker, order in cases:
        found = client.post("/orders/validate", json=body_of(maker, order)).json()
        placed = client.post("/orders", json=body_of(maker, order)).json()
        assert (found["accepted"], found["problem"]) == (False, placed), order
        assert found["lotsFillable"] == ("2" if order.side is Side.BUY and order.class_id == CLASS_ID else "0")
    assert state(world) == before


def test_validate__by_a_stranger__tells_nothing_of_the_maker(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.BUY, 10**6, 10**9)
    body = order.wire() | {"signature": to_hex(signed(BO, order))}
    problem(client.post("/orders/validate", json=body), 401, "market.signature_not_makers")


def test_preview__of_an_unsigned_order__says_what_validating_it_would(world: World, client: TestClient) -> None:
    world.sell(BO, 3, 100)
    world.balances.unapproved.add(ANA.address)
    before = state(world)
    for order in (
        world.order(ANA, Side.BUY, 10, 110),
        world.order(ANA, Side.SELL, 1, 90),
        world.order(ANA, Side.BUY, 1, 100, number=999),
    ):
        found = client.post("/orders/preview", json=order.wire(), headers=headers(client, ANA))
        assert found.status_code == 200, found.text
        assert found.json() == client.post("/orders/validate", json=body_of(ANA, order)).json()
    assert state(world) == before


def test_preview__of_somebody_elses_order__tells_nothing_of_the_maker(world: World, client: TestClient) -> None:
    body = world.order(ANA, Side.BUY, 10**6, 10**9).wire()
    problem(client.post("/orders/preview", json=body, headers=headers(client, BO)), 403, "market.not_your_order")
    problem(client.post("/orders/preview", json=body), 401, "auth.required")


def test_validate__stops_at_an_order_of_the_makers_own(world: World, client: TestClient) -> None:
    world.buy(BO, 2, 100)
    world.buy(ANA, 5, 99)
    world.buy(BO, 2, 98)
    found = client.post("/orders/validate", json=body_of(ANA, world.order(ANA, Side.SELL, 9, 90))).json()
    assert (found["lotsFillable"], found["worstPerKg"], found["ownSequences"]) == ("2", "100", [2])
    assert found["whyNotAll"] == "self_trade"


def test_validate__an_order_that_is_in__is_accepted_as_it_was(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 5, 100)
    world.place(ANA, order)
    before = state(world)
    assert client.post("/orders/validate", json=body_of(ANA, order)).json()["accepted"]
    assert state(world) == before


# --- The chain is told ---


def intents(world: World) -> list[Intent]:
    with world.database.read() as session:
        return list(session.exec(select(Intent)).all())


def test_cancel_hard__is_off_the_book_at_once_and_on_its_way_to_the_chain(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 5, 100)
    world.place(ANA, order)
    body = cancel_body(ANA, order, unix_s(world.clock.now()) + 600, hard=True)

    first = client.post("/orders/cancel", json=body).json()

    assert (first["lotsMatched"], first["chain"]) == ("0", {"state": "new", "txHash": None, "reason": None})
    (intent,) = intents(world)
    message = [ANA.address, order.number, int(body["deadline"]), bytes.fromhex(body["signature"][2:])]
    assert intent.data == client.app.state.contracts.encode("Exchange", "cancelBySig", message)  # type: ignore[attr-defined] # a FastAPI
    with world.database.write() as session:
        intent.state, intent.tx_hash = IntentState.MINED, b"\x05" * 32
        session.add(intent)
    again = client.post("/orders/cancel", json=body).json()
    assert again == first | {"chain": {"state": "mined", "txHash": "0x" + "05" * 32, "reason": None}}
    assert len(intents(world)) == 1


def test_cancel_hard__an_order_that_expired__still_tells_the_chain(world: World, client: TestClient) -> None:
    now_s = unix_s(world.clock.now())
    order = world.order(ANA, Side.SELL, 5, 100, expiry=now_s + 100)
    world.place(ANA, order)
    world.clock.at += timedelta(seconds=50)
    world.sell(BO, 1, 100)
    body = cancel_body(ANA, order, now_s + 600)

    problem(client.post("/orders/cancel", json=body), 409, "market.order_closed")
    assert client.post("/orders/cancel", json=body | {"hard": True}).json()["chain"]["state"] == "new"


def test_cancel_hard__a_filled_or_unknown_order__tells_the_chain_nothing(world: World, client: TestClient) -> None:
    filled, never = world.order(ANA, Side.SELL, 5, 100), world.order(ANA, Side.SELL, 5, 100)
    world.place(ANA, filled)
    world.buy(BO, 5, 100)
    until_s = unix_s(world.clock.now()) + 60
    problem(
        client.post("/orders/cancel", json=cancel_body(ANA, filled, until_s, hard=True)), 409, "market.order_closed"
    )
    problem(
        client.post("/orders/cancel", json=cancel_body(ANA, never, until_s, hard=True)), 404, "market.order_unknown"
    )
    stolen = cancel_body(ANA, filled, until_s, hard=True) | {"maker": BO.address}
    problem(client.post("/orders/cancel", json=stolen), 401, "market.signature_not_makers")
    assert intents(world) == []


# --- Keys and limits ---


def test_bot__with_a_key__gets_numbers_and_cancels_within_its_scopes(world: World, client: TestClient) -> None:
    mine = bearer(token_for(client, ANA))
    made = client.post("/api-keys", json={"name": "bot", "scopes": ["trade"]}, headers=mine).json()
    body = b'{"count": 2}'
    signed_so = signed_headers(made, unix_s(world.clock.now()), "POST", "/orders/numbers", body)
    given = client.post("/orders/numbers", content=body, headers=signed_so | {"content-type": "application/json"})
    assert (given.status_code, given.json()["from"]) == (201, "1")
    signed_so = signed_headers(made, unix_s(world.clock.now()), "DELETE", "/orders")
    problem(client.delete("/orders", headers=signed_so), 403, "api_key.scope_missing")
    reader = a_key(client, "read")
    signed_so = signed_headers(reader, unix_s(world.clock.now()), "GET", "/orders?onlyOpen=true")
    assert client.get("/orders", params={"onlyOpen": "true"}, headers=signed_so).json()["items"] == []


def test_orders__more_than_an_account_may_send__are_told_when_to_come_back(world: World, client: TestClient) -> None:
    world.limits = Limits.of(address_points_per_s=1, account_points_per_s=1, now_ms=lambda: 0)
    orders = [world.order(ANA, Side.SELL, 1, 100 + at) for at in range(6)]
    enough = world.limits.accounts.burst // COSTS["POST", "/orders"]
    for order in orders[:enough]:
        assert client.post("/orders", json=body_of(ANA, order)).status_code == 201

    refused = client.post("/orders", json=body_of(ANA, orders[enough]))

    problem(refused, 429, "access.too_many_requests")
    assert int(refused.headers["retry-after"]) == 2
    assert client.post("/orders", json=body_of(BO, world.order(BO, Side.SELL, 1, 100))).status_code == 201
    forged = orders[enough].wire() | {"signature": to_hex(signed(BO, orders[enough]))}
    problem(client.post("/orders", json=forged), 401, "market.signature_not_makers")


# --- Test money ---


def test_faucet__once_a_day__gives_and_then_tells_where_it_is(world: World, client: TestClient) -> None:
    first = client.post("/faucet", json={"account": ANA.address})
    again = client.post("/faucet", json={"account": ANA.address})

    assert first.status_code == 202
    assert first.json() == {
        "account": ANA.address,
        "amount": "1000000000",
        "state": "new",
        "txHash": None,
        "isNew": True,
        "askedAt": "2026-01-15T12:00:00Z",
        "nextAt": "2026-01-16T00:00:00Z",
    }
    assert again.json() == first.json() | {"isNew": False}
    assert len(intents(world)) == 1
    world.clock.at += timedelta(days=1)
    client.post("/faucet", json={"account": ANA.address})
    client.post("/faucet", json={"account": BO.address})
    assert len(intents(world)) == 3


def test_faucet__empty_or_on_another_chain__is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.market.faucet.GRANTS_A_DAY_MAX", 1)
    contracts = market_app(world).state.contracts
    with world.database.write() as session:
        ask_faucet(session, contracts, ANA.address, world.clock.now())
        with pytest.raises(FaucetEmpty):
            ask_faucet(session, contracts, BO.address, world.clock.now())
        assert ask_faucet(session, contracts, ANA.address, world.clock.now()).state is IntentState.NEW
    elsewhere = Contracts(contracts.w3, type(DEPLOYMENT)(1, "0x" + "11" * 32, 0, DEPLOYMENT.addresses, {}))
    with world.database.write() as session, pytest.raises(TanyuError) as refusal:
        ask_faucet(session, elsewhere, ANA.address, world.clock.now())
    assert refusal.value.code == "faucet.closed"
