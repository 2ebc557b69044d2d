"""Instructions beside a signed order: which make sense, how they are written, and what the market answers to them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from backend.kernel.clock import unix_s
from backend.kernel.errors import Conflict, InvalidInput, RuleViolated, TanyuError
from backend.market.instructions import PLAIN, InstructionOutOfPlace, Instructions, SelfTrade, TimeInForce
from backend.market.listing import rules_of
from backend.market.order import Side, SignedOrder
from backend.market.place import ClientOrderIdTaken, Outcome, Placing
from backend.market.tables import OrderRow, OrderState, TradeRow
from backend.market.tape import order_with_hash
from backend.market.turn import Turn
from tests.unit.market.instructed import enter
from tests.unit.market.world import ANA, BO, CHEN, START, World, hash_of

NOW = unix_s(START)
IOC = Instructions(time_in_force=TimeInForce.IOC)
FOK = Instructions(time_in_force=TimeInForce.FOK)


def row_of(world: World, order: SignedOrder) -> OrderRow:
    with world.database.read() as session:
        return order_with_hash(session, hash_of(order))


def refusal(world: World, order: SignedOrder, instructions: Instructions) -> TanyuError:
    """BO's order must be refused, and nothing come of it."""
    before = world.state_digest()
    with pytest.raises(TanyuError) as refused:
        enter(world, BO, order, instructions)
    assert world.state_digest() == before
    return refused.value


def assert_replay_is_live(world: World) -> None:
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("goodUntil", {"time_in_force": TimeInForce.GTD}),
        ("goodUntil", {"time_in_force": TimeInForce.GTD, "good_until": NOW + 3600}),
        ("goodUntil", {"time_in_force": TimeInForce.GTD, "good_until": 0}),
        ("goodUntil", {"good_until": NOW + 100}),
        ("postOnly", {"time_in_force": TimeInForce.IOC, "post_only": True}),
        ("postOnly", {"time_in_force": TimeInForce.FOK, "post_only": True}),
        ("timeInForce", {"is_market": True}),
        ("clientOrderId", {"client_order_id": ""}),
        ("clientOrderId", {"client_order_id": "x" * 65}),
        ("clientOrderId", {"client_order_id": "two words"}),
        ("clientOrderId", {"client_order_id": "余"}),
    ],
)
def test_check_instructions__that_contradict_something__names_the_field(
    world: World, field: str, wrong: Mapping[str, Any]
) -> None:
    order = world.order(BO, Side.BUY, 1, 100)

    refused = refusal(world, order, Instructions(**wrong))

    assert isinstance(refused, InvalidInput)
    assert refused.code == "market.instruction_out_of_place"
    assert refused.fields["field"] == field
    assert isinstance(refused, InstructionOutOfPlace)


@pytest.mark.parametrize(
    "instructions",
    [
        PLAIN,
        IOC,
        FOK,
        Instructions(time_in_force=TimeInForce.GTD, good_until=NOW + 100, client_order_id="a-1", post_only=True),
        Instructions(time_in_force=TimeInForce.IOC, is_market=True, self_trade=SelfTrade.CANCEL_BOTH),
    ],
)
def test_payload__and_back__is_the_same(instructions: Instructions) -> None:
    payload = instructions.payload()

    assert Instructions.from_payload(payload) == instructions
    assert (payload == {}) == (instructions is PLAIN)


def test_ioc__takes_what_is_there__and_kills_the_remainder(world: World) -> None:
    world.sell(ANA, 3, 100)
    order = world.order(BO, Side.BUY, 5, 100)
    accepted = enter(world, BO, order, IOC)

    assert (accepted.outcome, accepted.reason) == (Outcome.KILLED, "remainder")
    assert (accepted.fills, accepted.lots_killed, accepted.lots_open) == (((1, 3, 100),), 2, 0)
    row = row_of(world, order)
    assert (row.state, row.reason, row.lots_open, row.lots_matched) == (OrderState.KILLED, "remainder", 0, 3)
    assert enter(world, BO, order, IOC) == accepted
    assert_replay_is_live(world)
    assert enter(world, BO, order, IOC) == accepted


def test_ioc__that_finds_nothing__is_a_success_that_says_so(world: World) -> None:
    world.sell(ANA, 3, 101)
    order = world.order(BO, Side.BUY, 5, 100)
    accepted = enter(world, BO, order, IOC)

    assert (accepted.outcome, accepted.reason, accepted.lots_killed) == (Outcome.KILLED, "no_liquidity", 5)
    assert enter(world, BO, order, IOC) == accepted


def test_ioc__filled_whole__is_filled(world: World) -> None:
    world.sell(ANA, 3, 100)

    accepted = enter(world, BO, world.order(BO, Side.BUY, 3, 100), IOC)

    assert (accepted.outcome, accepted.reason, accepted.lots_killed) == (Outcome.FILLED, None, 0)


def test_fok__of_several_makers__fills_all_and_its_trades_are_a_group(world: World) -> None:
    world.sell(ANA, 2, 100)
    world.sell(CHEN, 2, 101)
    order = world.order(BO, Side.BUY, 4, 101)
    accepted = enter(world, BO, order, FOK)

    assert (accepted.outcome, accepted.fills) == (Outcome.FILLED, ((1, 2, 100), (2, 2, 101)))
    with world.database.read() as session:
        groups = session.exec(select(TradeRow.group_id)).all()
    assert groups == [accepted.sequence, accepted.sequence]
    assert_replay_is_live(world)


def test_fok__of_one_maker__needs_no_group(world: World) -> None:
    world.sell(ANA, 9, 100)
    enter(world, BO, world.order(BO, Side.BUY, 4, 101), FOK)

    with world.database.read() as session:
        assert session.exec(select(TradeRow.group_id)).all() == [None]


def test_fok__that_cannot_have_all__changes_nothing_but_is_a_success(world: World) -> None:
    world.sell(ANA, 3, 100)
    order = world.order(BO, Side.BUY, 4, 100)
    before = world.state_digest()
    accepted = enter(world, BO, order, FOK)

    assert (accepted.outcome, accepted.reason, accepted.lots_killed) == (Outcome.KILLED, "not_fillable", 4)
    assert world.state_digest() == before
    assert row_of(world, order).state == OrderState.KILLED


def test_gtd__leaves_the_book_at_its_date(world: World) -> None:
    until = NOW + 600
    order = world.order(BO, Side.BUY, 4, 100)
    gtd = Instructions(time_in_force=TimeInForce.GTD, good_until=until)
    assert enter(world, BO, order, gtd).outcome is Outcome.OPEN

    world.clock.at = START + timedelta(seconds=599)
    world.refund()
    assert row_of(world, order).state == OrderState.OPEN
    world.clock.at = START + timedelta(seconds=600)
    world.refund()

    assert (row_of(world, order).state, row_of(world, order).reason) == (OrderState.EXPIRED, "expired")


def test_gtd__whose_date_is_past__is_refused(world: World) -> None:
    order = world.order(BO, Side.BUY, 4, 100)

    refused = refusal(world, order, Instructions(time_in_force=TimeInForce.GTD, good_until=NOW))

    assert (refused.code, refused.fields) == ("market.good_until_passed", {"good_until": NOW, "now": NOW})


def test_post_only__that_would_cross__is_refused_with_the_best_price(world: World) -> None:
    world.sell(ANA, 3, 100)
    order = world.order(BO, Side.BUY, 4, 100)

    refused = refusal(world, order, Instructions(post_only=True))

    assert isinstance(refused, RuleViolated)
    assert refused.code == "market.post_only_would_cross"
    assert refused.fields == {"price_per_kg": 100, "best_per_kg": 100}
    better = world.order(BO, Side.BUY, 4, 99)
    assert enter(world, BO, better, Instructions(post_only=True)).lots_open == 4


@pytest.mark.parametrize(("price", "is_taken"), [(105, True), (106, False)])
def test_market_order__is_protected__from_a_price_far_from_the_best(world: World, price: int, is_taken: bool) -> None:
    world.sell(ANA, 3, 100)
    order = world.order(BO, Side.BUY, 3, price)
    market = Instructions(time_in_force=TimeInForce.IOC, is_market=True)

    if is_taken:
        assert enter(world, BO, order, market).fills == ((1, 3, 100),)
    else:
        refused = refusal(world, order, market)
        assert refused.code == "market.protection_exceeded"
        assert refused.fields == {"price_per_kg": 106, "bound_per_kg": 105, "best_per_kg": 100}


def test_market_order__on_an_empty_book__is_killed(world: World) -> None:
    market = Instructions(time_in_force=TimeInForce.IOC, is_market=True)

    assert enter(world, BO, world.order(BO, Side.SELL, 3, 1), market).reason == "no_liquidity"


def test_client_order_id__with_the_same_order__gets_the_first_answer(world: World) -> None:
    order = world.order(BO, Side.BUY, 4, 100)
    named = Instructions(client_order_id="mine-1")
    first = enter(world, BO, order, named)
    world.sell(ANA, 4, 100)

    assert enter(world, BO, order, named) == first
    assert row_of(world, order).client_order_id == "mine-1"


def test_client_order_id__with_another_order__is_a_conflict(world: World) -> None:
    first = world.order(BO, Side.BUY, 4, 100)
    named = Instructions(client_order_id="mine-1")
    enter(world, BO, first, named)

    refused = refusal(world, world.order(BO, Side.BUY, 4, 100), named)

    assert isinstance(refused, Conflict)
    assert refused.code == "market.client_order_id_taken"
    assert refused.fields["client_order_id"] == "mine-1"
    assert enter(world, CHEN, world.order(CHEN, Side.BUY, 4, 100), named).lots_open == 4, "names are each maker's own"


def test_client_order_id__of_two_orders_in_one_group_of_commands__goes_to_the_first(world: World) -> None:
    named = Instructions(client_order_id="mine-1")
    orders = [world.order(BO, Side.BUY, 4, price) for price in (100, 101)]

    def both(turn: Turn) -> str:
        placings = [
            Placing(order, b"s" * 65, hash_of(order), rules_of(turn.session, order.class_id), named) for order in orders
        ]
        placings[0](turn)
        try:
            placings[1](turn)
        except ClientOrderIdTaken as taken:
            return taken.code
        return ""

    assert world.market.sequencer.call(both) == "market.client_order_id_taken"


def test_the_same_order_with_other_instructions__is_a_conflict_that_names_the_first(world: World) -> None:
    order = world.order(BO, Side.BUY, 4, 100)
    enter(world, BO, order, IOC)

    refused = refusal(world, order, FOK)

    assert isinstance(refused, Conflict)
    assert refused.code == "market.order_placed_otherwise"
    assert refused.fields["accepted_with"] == ["timeInForce=ioc"]


@pytest.mark.parametrize(
    ("self_trade", "fills", "outcome", "own_state"),
    [
        (SelfTrade.CANCEL_NEWEST, ((1, 2, 99),), Outcome.CANCELLED, OrderState.OPEN),
        (SelfTrade.CANCEL_OLDEST, ((1, 2, 99), (3, 2, 100)), Outcome.OPEN, OrderState.CANCELLED),
        (SelfTrade.CANCEL_BOTH, ((1, 2, 99),), Outcome.CANCELLED, OrderState.CANCELLED),
    ],
)
def test_self_trade__is_prevented_as_the_incoming_order_says(
    world: World,
    self_trade: SelfTrade,
    fills: tuple[tuple[int, int, int], ...],
    outcome: Outcome,
    own_state: OrderState,
) -> None:
    world.sell(ANA, 2, 99)
    own = world.order(BO, Side.SELL, 2, 100)
    world.place(BO, own)
    world.sell(CHEN, 2, 100)
    order = world.order(BO, Side.BUY, 6, 100)
    accepted = enter(world, BO, order, Instructions(self_trade=self_trade))

    assert (accepted.fills, accepted.outcome) == (fills, outcome)
    assert row_of(world, own).state == own_state
    if own_state is OrderState.CANCELLED:
        assert row_of(world, own).reason == "self_trade_with_newer"
    if outcome is Outcome.CANCELLED:
        assert (accepted.lots_stopped, accepted.reason) == (4, "self_trade")
    assert enter(world, BO, order, Instructions(self_trade=self_trade)) == accepted
    assert_replay_is_live(world)


def test_self_trade__between_two_addresses_of_a_person__is_prevented(world: World) -> None:
    enter(world, ANA, world.order(ANA, Side.SELL, 2, 100), owner="person 1")
    accepted = enter(world, BO, world.order(BO, Side.BUY, 2, 100), owner="person 1")

    assert (accepted.outcome, accepted.reason) == (Outcome.CANCELLED, "self_trade")
    assert_replay_is_live(world)
