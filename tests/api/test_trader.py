"""The trading client against the real routes: what it signs, sends once, checks, and how it waits."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from backend.access.api_key import Scope
from backend.access.client import ApiProblem, ServerUnreachable
from backend.access.problems import error_response
from backend.access.sender_proof import ApiKey
from backend.chain.keys import Signer
from backend.kernel.clock import unix_s
from backend.kernel.digest import to_hex
from backend.market.account_reader import MessageDiffers, NobodyToSignIn
from backend.market.acknowledgement import AcknowledgementWrong
from backend.market.inbox import MarketBusy
from backend.market.instructions import Instructions, TimeInForce
from backend.market.order import Action, Side
from backend.market.service import Ack
from backend.market.terms import Terms, campaign_ref
from backend.market.trader import NobodyOffers, Trader
from backend.market.views import AckOut
from backend.storage.database import Database
from tests.api.trader_world import Desk
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, OPERATOR, OTHER_CLASS_ID, World, hash_of

CODE = "CN-SC/2025/SIM"
IOC = Instructions(time_in_force=TimeInForce.IOC)


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    world = World(database)
    world.start()
    yield Desk.of(world)
    world.stop()


def sell(lots: int, price: int, class_id: int = CLASS_ID) -> Terms:
    return Terms(Side.SELL, class_id, lots, price)


def buy(lots: int, price: int) -> Terms:
    return Terms(Side.BUY, CLASS_ID, lots, price)


def accepted(found: AckOut | ApiProblem) -> AckOut:
    assert isinstance(found, AckOut)
    return found


# --- an order's way ---


def test_trader__signs_places_reads_and_cancels__by_its_own_key(desk: Desk) -> None:
    with desk.trader(ANA) as ana, desk.trader(BO) as bo:
        ack = ana.place(sell(5, 100))
        assert (ack.lots_open, ack.operator) == (5, OPERATOR.address)
        got = bo.place(buy(2, 120), IOC)
        assert [(fill.lots, fill.price_per_kg) for fill in got.fills] == [(2, 100)]

        (mine,) = ana.orders(only_open=True)
        assert (mine.order_hash, mine.lots_open, mine.lots_matched) == (ack.order_hash, 3, 2)
        (trade,) = bo.trades()
        assert (trade.side, trade.is_taker, trade.order_hash, trade.state) == (
            Side.BUY,
            True,
            got.order_hash,
            "matched",
        )
        assert ana.balances().credits[0].in_orders_gco2e == 3_000
        assert [(each.lots, each.taker_side) for each in ana.tape(CODE)] == [(2, Side.BUY)]
        assert [level.lots for level in bo.book(CODE).asks] == [3]
        assert next(bo.candles(CODE)).volume_lots == 2
        assert (bo.ticker(CODE).last_price_per_kg, bo.fees(), list(bo.movements())) == (100, [], [])

        assert ana.cancel(ack.order_hash).lots_matched == 2
        assert ana.cancel(ack.order_hash).sequence == 3, "a second time it is the first answer"
        assert ana.order(ack.order_hash).state == "cancelled"


def test_trader__buys_to_retire_or_donate_for_another__as_the_terms_say(desk: Desk) -> None:
    desk.world.campaigns[7] = unix_s(desk.world.clock.now()) + 10**6
    bo = desk.trader(BO)
    retired = bo.place(replace(buy(1, 90), action=Action.RETIRE, beneficiary=ANA.address))
    given = bo.place(replace(buy(1, 91), action=Action.DONATE, ref=campaign_ref(7)))

    found = [bo.order(each.order_hash) for each in (retired, given)]
    assert [(order.action, order.beneficiary) for order in found] == [
        (Action.RETIRE, ANA.address),
        (Action.DONATE, BO.address),
    ]
    assert int.from_bytes(found[1].ref) == 7


def test_replace__keeps_number_and_instructions__but_not_the_name(desk: Desk) -> None:
    ana = desk.trader(ANA)
    named = Instructions(post_only=True, client_order_id="first")
    old = ana.place(sell(5, 100), named)

    new = ana.replace(old.order_hash, lots=3, price_per_kg=101)

    before, after = ana.order(old.order_hash), ana.order(new.order_hash)
    assert (before.state, before.reason, after.state) == ("cancelled", "replaced", "open")
    assert (after.number, after.post_only, after.client_order_id) == (before.number, True, None)
    assert (after.amount_gco2e, after.price_per_kg) == (3_000, 101)


def test_name__given_to_an_order__is_no_other_orders(desk: Desk) -> None:
    ana = desk.trader(ANA)
    named = Instructions(client_order_id="mine")
    placement = ana.sign(ana.order_of(sell(5, 100), ana.lease_numbers(1).first), named)
    ack = ana.send(placement)

    with pytest.raises(ApiProblem) as taken:
        ana.place(sell(5, 101), named)
    assert (taken.value.status, taken.value.problem_code) == (409, "market.client_order_id_taken")
    assert taken.value.problem["orderHash"] == to_hex(ack.order_hash)
    assert ana.send(placement) == ack


def test_several__are_placed_and_cancelled_at_once__each_with_its_own_outcome(desk: Desk) -> None:
    ana = desk.trader(ANA)
    wanted = [(sell(1, 100 + at), Instructions()) for at in range(65)]
    wanted[3] = (sell(1, 103, class_id=1), Instructions())

    found = ana.place_each(wanted)

    refused = found.pop(3)
    assert isinstance(refused, ApiProblem)
    assert refused.problem_code == "market.class_unknown"
    hashes = [accepted(each).order_hash for each in found]
    cancelled = ana.cancel_each([*hashes[:2], b"\1" * 32])
    assert [isinstance(each, ApiProblem) for each in cancelled] == [False, False, True]
    assert ana.cancel_all("US-CA/2025/SIM").order_hashes == ()
    assert ana.cancel_all().order_hashes == tuple(hashes[2:])


def test_validate__tells_what_placing_would_do__and_places_nothing(desk: Desk) -> None:
    ana, bo = desk.trader(ANA), desk.trader(BO)
    ana.place(sell(2, 100))
    number = bo.lease_numbers(1).first

    placement = bo.sign(bo.order_of(buy(3, 100), number))
    verdict = bo.validate(placement)

    assert (verdict.accepted, verdict.lots_fillable, verdict.cost) == (True, 2, 200)
    assert list(bo.orders()) == []
    assert bo.send(placement).order_hash == placement.order_hash == hash_of(placement.order)


def test_cancel_signed__needs_no_session(desk: Desk) -> None:
    ana = desk.trader(ANA)
    order = ana.order(ana.place(sell(5, 100)).order_hash)
    ana.close()
    asked = len(desk.line.asked)

    assert ana.cancel_signed(order.number).order_hash == order.order_hash
    assert not [path for _, path in desk.line.asked[asked:] if path.startswith("/sessions")]


def test_beat__arms_and_disarms_the_dead_mans_switch(desk: Desk) -> None:
    ana = desk.trader(ANA)
    assert ana.beat(60).until == desk.world.clock.now() + timedelta(seconds=60)
    assert ana.beat(0).until is None


def test_protected_price__is_as_far_as_a_market_order_may_go(desk: Desk) -> None:
    ana, bo = desk.trader(ANA), desk.trader(BO)
    with pytest.raises(NobodyOffers) as empty:
        bo.protected_price(CODE, Side.BUY)
    assert empty.value.code == "market.nobody_offers"
    ana.place(sell(2, 1_019))

    price = bo.protected_price(CODE, Side.BUY)

    market = replace(IOC, is_market=True)
    with pytest.raises(ApiProblem, match="as far as a market order may go"):
        bo.place(buy(2, price + 1), market)
    assert bo.place(buy(2, price), market).fills[0].price_per_kg == 1_019
    bo.place(buy(2, 1_000))
    assert ana.protected_price(CODE, Side.SELL) == 950


# --- answers that do not come, or not now ---


def test_place__whose_answer_is_lost__is_one_order_with_the_first_answer(desk: Desk) -> None:
    ana = desk.trader(ANA)
    number = ana.lease_numbers(1).first
    placement = ana.sign(ana.order_of(sell(5, 100), number))
    desk.line.losing = 2

    ack = ana.send(placement)

    assert desk.waited == [1, 2]
    assert ana.send(placement) == ack
    assert [order.order_hash for order in ana.orders()] == [ack.order_hash]


def test_place__told_to_come_again__waits_as_long_as_it_was_told(desk: Desk) -> None:
    ana = desk.trader(ANA)
    ana.place(sell(1, 100))
    busy = error_response(MarketBusy(9))
    desk.line.refusing = [
        httpx.Response(
            429, headers={"Retry-After": "3", "Content-Type": "application/problem+json"}, json={"code": "x"}
        ),
        httpx.Response(503, headers=busy.headers, content=bytes(busy.body)),
    ]

    assert ana.place(sell(1, 100)).lots_open == 1
    assert desk.waited == [3, 2]


def test_place__when_nobody_answers__gives_up_within_its_bound(desk: Desk) -> None:
    ana = desk.trader(ANA)
    ana.place(sell(1, 100))
    desk.line.losing = 100
    with pytest.raises(ServerUnreachable):
        ana.place(sell(1, 100))
    assert sum(desk.waited) <= 30


def test_session__that_ended__is_begun_again(desk: Desk) -> None:
    ana = desk.trader(ANA)
    ana.balances()
    desk.world.clock.at += timedelta(hours=13)

    assert ana.balances().money.held
    assert [path for _, path in desk.line.asked].count("/sessions") == 2


# --- numbers ---


def test_numbers__are_taken_some_at_a_time_and_given_back_by_a_refused_order(desk: Desk) -> None:
    ana = desk.trader(ANA, numbers_at_hand=3)
    with pytest.raises(ApiProblem) as refusal:
        ana.place(sell(10**7, 100))
    assert refusal.value.problem_code == "market.amount_out_of_range"
    for price in (100, 101, 102):
        ana.place(sell(1, price))

    assert [order.number for order in ana.orders()] == [1, 2, 3]
    assert desk.line.asked.count(("POST", "/orders/numbers")) == 1


def test_numbers__that_would_end_on_the_way__are_left_alone(desk: Desk) -> None:
    ana = desk.trader(ANA, numbers_at_hand=2)
    ana.place(sell(1, 100))
    desk.world.clock.at += timedelta(hours=23, minutes=56)

    assert ana.order(ana.place(sell(1, 100)).order_hash).number == 3


def test_epoch__that_rose_on_the_chain__is_taken_from_the_refusal(desk: Desk) -> None:
    desk.world.balances.epochs[ANA.address] = 4
    ana = desk.trader(ANA)

    assert ana.order(ana.place(sell(1, 100)).order_hash).epoch == 4
    ana.place(sell(1, 101))
    assert [path for _, path in desk.line.asked].count("/orders") == 3


# --- whom it believes ---


def test_acknowledgement__by_another_key_or_of_another_order__is_not_believed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = desk.trader(ANA, operator=CHEN.address)
    with pytest.raises(AcknowledgementWrong, match=f"not {CHEN.address}"):
        ana.place(sell(1, 100))

    ana.operator = None
    ana.place(sell(1, 101))
    genuine = Ack(desk.world.sell(BO, 1, 200).accepted, OPERATOR.address, b"")
    for false, what in (
        (replace(genuine, signature=b"\1" * 65), "order hash"),
        (None, "signature"),
    ):
        told = false

        def instead(accepted: object, told: Ack | None = told) -> Ack:
            return told or Ack(accepted, OPERATOR.address, b"\0" * 65)  # type: ignore[arg-type] # as the market has it

        monkeypatch.setattr(desk.world.market, "acknowledged", instead)
        with pytest.raises(AcknowledgementWrong, match=what) as wrong:
            ana.place(sell(1, 102))
        assert wrong.value.code == "market.acknowledgement_wrong"


def test_server__of_another_version__is_not_signed_for(desk: Desk) -> None:
    ana = desk.trader(ANA)
    with pytest.raises(MessageDiffers) as differs:
        ana.domain_of("Order", "Order(address maker)")
    assert differs.value.code == "market.message_differs"


# --- API keys ---


def a_key(desk: Desk, signer: Signer, *scopes: Scope) -> ApiKey:
    with desk.client() as client:
        client.sign_in(signer)
        made = client.post("/api-keys", {"name": "bot", "scopes": list(scopes)})
    return ApiKey(made["keyId"], made["secret"], desk.world.clock)


def by_key(desk: Desk, signer: Signer | None, *scopes: Scope) -> Trader:
    client = desk.client()
    client.prove_by(a_key(desk, ANA, *scopes))
    return desk.trader(signer, client)


def test_key__with_scopes__trades_without_a_session(desk: Desk) -> None:
    ana = by_key(desk, ANA, *Scope)
    begun = desk.line.asked.count(("POST", "/sessions"))

    ack = ana.place(sell(5, 100))
    assert [order.order_hash for order in ana.orders()] == [ack.order_hash]
    assert ana.cancel_all(CODE).order_hashes == (ack.order_hash,)
    assert ana.cancel_all(CODE).order_hashes == (), "the same within a second is signed for the next"
    assert desk.line.asked.count(("POST", "/sessions")) == begun


def test_key__that_may_only_read__is_told_what_it_lacks(desk: Desk) -> None:
    reading = by_key(desk, None, Scope.READ)
    assert list(reading.orders()) == []
    with pytest.raises(ApiProblem) as refusal:
        reading.cancel_all()
    assert refusal.value.problem_code == "api_key.scope_missing"
    with pytest.raises(NobodyToSignIn) as nobody:
        reading.place(sell(1, 100))
    assert nobody.value.code == "market.nobody_to_sign_in"


def test_public_reads__need_nobody(desk: Desk) -> None:
    stranger = desk.trader()
    assert [rules.class_id for rules in stranger.classes()] == [CLASS_ID, OTHER_CLASS_ID]
    assert stranger.rules(CODE).rules.tick == 1
    with pytest.raises(NobodyToSignIn):
        stranger.balances()
