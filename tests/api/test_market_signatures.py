"""Orders and cancellations over HTTP by whatever the contracts would take for their maker's signature."""

from dataclasses import replace

import pytest

from backend.chain.settle_batch import WalletSignature, decode, encode
from backend.kernel.clock import unix_s
from backend.kernel.digest import to_hex
from backend.market.order import Side
from backend.market.trades import signed_order
from tests.api.access_app import a_sign_in, bearer
from tests.api.test_market_entry import cancel_body
from tests.api.test_market_routes import problem, state
from tests.unit.market.world import ANA, BO, World, hash_of, signed
from tests.web import TestClient


def test_order__signed_in_64_bytes__is_kept_in_65(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 1, 100)
    canonical = signed(ANA, order)
    compact = canonical[:32] + (int.from_bytes(canonical[32:64]) | (canonical[64] - 27) << 255).to_bytes(32)

    placed = client.post("/orders", json=order.wire() | {"signature": to_hex(compact)})

    assert placed.status_code == 201
    with world.database.read() as session:
        assert signed_order(session, hash_of(order)) == (order, canonical)
    assert world.asked == [], "a key's signature asks no node"


def test_wallet__that_is_a_contract__signs_in_takes_a_number_and_places_under_it(
    world: World, client: TestClient
) -> None:
    world.wallets.add((ANA.address, b"yes"))
    by_wallet = {"signature": to_hex(b"yes")}
    opened = client.post("/sessions", json=a_sign_in(client, ANA).body | by_wallet).json()
    client.cookies.clear()
    numbers = client.post("/orders/numbers", json={"count": 1}, headers=bearer(opened["token"])).json()
    order = replace(world.order(ANA, Side.SELL, 1, 100), number=int(numbers["from"]))

    placed = client.post("/orders", json=order.wire() | by_wallet)

    assert placed.status_code == 201, placed.text
    assert placed.json()["outcome"] == "open"


@pytest.mark.parametrize("signature", [b"", b"yes", b"\x1b" * 65, b"y" * 2048])
def test_order__signed_by_a_wallet__is_taken_and_kept_as_given(
    world: World, client: TestClient, signature: bytes
) -> None:
    order = world.order(ANA, Side.SELL, 1, 100)
    world.wallets.add((ANA.address, signature))

    placed = client.post("/orders", json=order.wire() | {"signature": to_hex(signature)})

    assert placed.status_code == 201, placed.text
    assert world.asked == [ANA.address]
    with world.database.read() as session:
        kept = signed_order(session, hash_of(order))
    assert kept == (order, signature)
    assert isinstance(kept[1], WalletSignature)
    assert decode(encode([(order.message(), kept[1])], [])).orders[0][1] == signature, "settled as it was given"


def test_order__that_neither_key_nor_wallet_signed__is_refused_for_what_is_wrong(
    world: World, client: TestClient
) -> None:
    order = world.order(ANA, Side.SELL, 1, 100)
    before = state(world)
    problem(
        client.post("/orders", json=order.wire() | {"signature": to_hex(signed(BO, order))}),
        401,
        "market.signature_not_makers",
    )
    problem(client.post("/orders", json=order.wire() | {"signature": "0x00"}), 422, "signature.malformed")
    assert (world.asked, state(world)) == ([ANA.address, ANA.address], before)


def test_cancel__signed_by_a_wallet__is_taken(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 1, 100)
    world.place(ANA, order)
    world.wallets.add((ANA.address, b"yes"))
    body = cancel_body(ANA, order, unix_s(world.clock.now()) + 60) | {"signature": to_hex(b"yes")}
    assert client.post("/orders/cancel", json=body).json()["orderHash"] == to_hex(hash_of(order))
