"""Placing an order: what is accepted, the acknowledgement, and every reason for a refusal with its code."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import func, select

from backend.chain.keys import personal_recover
from backend.chain.typed_data import Domain
from backend.kernel.clock import unix_s
from backend.kernel.digest import to_hex
from backend.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolated, TanyuError, Unauthenticated
from backend.market.listing import list_class, rules_of
from backend.market.order import Action, Side, SignedOrder
from backend.market.rules import ClassRules
from backend.market.service import ack_text
from backend.market.tables import JournalRow, ListedClass, OrderRow, OrderState, TradeRow
from backend.market.tape import order_with_hash
from tests.unit.market.world import (
    ANA,
    BO,
    CHEN,
    CLASS_ID,
    DOMAIN,
    OPERATOR,
    OTHER_CLASS_ID,
    NoSuchCampaign,
    World,
    hash_of,
    signed,
)


def journal_lines(world: World) -> int:
    with world.database.read() as session:
        return session.exec(select(func.count()).select_from(JournalRow)).one()


def row_of(world: World, order_hash: bytes) -> OrderRow:
    with world.database.read() as session:
        return order_with_hash(session, order_hash)


def refused(
    world: World, order: SignedOrder, family: type[TanyuError], code: str, signature: bytes | None = None
) -> TanyuError:
    """Places an order that must be refused, and shows that nothing came of it."""
    before, lines = world.state_digest(), journal_lines(world)
    with pytest.raises(family) as refusal:
        world.market.place(order, signed(ANA, order) if signature is None else signature)
    assert refusal.value.code == code
    assert (world.state_digest(), journal_lines(world)) == (before, lines)
    return refusal.value


def test_place__a_sell_that_meets_nobody__rests_and_is_written(world: World) -> None:
    order = world.order(ANA, Side.SELL, 10, 100)
    ack = world.place(ANA, order)

    assert (ack.accepted.lots_open, ack.accepted.fills, ack.accepted.lots_stopped) == (10, (), 0)
    row = row_of(world, hash_of(order))
    assert (row.id, row.state, row.lots_open, row.lots_matched, row.reason) == (1, OrderState.OPEN, 10, 0, None)
    assert row.signature == signed(ANA, order)


def test_place__crossing__writes_both_orders_and_the_trade(world: World) -> None:
    sell = world.order(ANA, Side.SELL, 10, 100)
    buy = world.order(BO, Side.BUY, 4, 120, action=Action.RETIRE, beneficiary=CHEN.address, ref=b"\x05" * 32)
    world.place(ANA, sell)
    ack = world.place(BO, buy)

    assert ack.accepted.fills == ((1, 4, 100),)
    assert (row_of(world, hash_of(sell)).lots_open, row_of(world, hash_of(sell)).lots_matched) == (6, 4)
    assert (row_of(world, hash_of(buy)).state, row_of(world, hash_of(buy)).lots_matched) == (OrderState.FILLED, 4)
    with world.database.read() as session:
        (trade,) = session.exec(select(TradeRow)).all()
    assert (trade.id, trade.sequence, trade.lots, trade.price_per_kg, trade.taker_side) == (1, 2, 4, 100, "buy")
    assert (trade.buy_hash, trade.sell_hash) == (hash_of(buy), hash_of(sell))
    assert (trade.buyer, trade.seller, trade.state) == (BO.address, ANA.address, "matched")


def test_place__meeting_the_makers_own_order__gives_up_the_rest(world: World) -> None:
    world.sell(BO, 2, 90)
    world.sell(ANA, 5, 100)
    ack = world.buy(ANA, 6, 100)

    assert (ack.accepted.lots_open, ack.accepted.lots_stopped, ack.accepted.fills) == (0, 4, ((1, 2, 90),))
    row = row_of(world, ack.accepted.order_hash)
    assert (row.state, row.reason, row.lots_matched) == (OrderState.CANCELLED, "self_trade", 2)


def test_acknowledgement__is_signed_by_the_operator_over_sequence_hash_and_head(world: World) -> None:
    world.sell(ANA, 1, 100)
    ack = world.sell(ANA, 1, 101)

    with world.database.read() as session:
        line = session.get_one(JournalRow, 2)
    assert ack.accepted.journal_head == line.hash
    text = f'{{"journalHead":"{to_hex(line.hash)}","orderHash":"{to_hex(ack.accepted.order_hash)}","sequence":2}}'
    assert ack_text(ack.accepted) == text
    assert personal_recover(text, ack.signature) == OPERATOR.address == ack.operator


def test_place__the_same_order_again__gets_the_same_answer_whatever_happened_since(world: World) -> None:
    world.sell(ANA, 3, 100)
    order = world.order(BO, Side.BUY, 5, 100)
    first = world.place(BO, order)
    world.sell(CHEN, 2, 100)
    world.fee_bps = 100
    world.balances.payments[BO.address] = 0
    world.clock.at += timedelta(hours=2)
    lines = journal_lines(world)

    assert world.place(BO, order) == first
    assert first.accepted.lots_open == 2
    assert journal_lines(world) == lines
    world.restart()
    assert world.place(BO, order) == first


def test_place__the_same_order_again_after_a_self_trade__gets_the_same_answer(world: World) -> None:
    world.sell(BO, 1, 90)
    world.sell(ANA, 5, 100)
    order = world.order(ANA, Side.BUY, 6, 100)

    assert world.place(ANA, order) == world.place(ANA, order)


def test_place__compact_signature__is_stored_as_the_contracts_take_it(world: World) -> None:
    order = world.order(ANA, Side.SELL, 1, 100)
    whole = signed(ANA, order)
    compact = whole[:32] + (int.from_bytes(whole[32:64]) | (whole[64] - 27) << 255).to_bytes(32)

    world.market.place(order, compact)

    assert row_of(world, hash_of(order)).signature == whole


def test_place__malformed_shape__is_refused(world: World) -> None:
    refused(world, world.order(ANA, Side.SELL, 1, 100, amount_gco2e=1), InvalidInput, "amount.not_whole_lots")
    refused(
        world, world.order(ANA, Side.SELL, 1, 100, beneficiary=BO.address), InvalidInput, "market.beneficiary_not_maker"
    )


@pytest.mark.parametrize("signature", [b"", b"\0" * 65, b"\1" * 66, b"\xff" * 65, b"\1" * 64 + b"\x1d"])
def test_place__malformed_signature__is_refused(world: World, signature: bytes) -> None:
    refused(world, world.order(ANA, Side.SELL, 1, 100), InvalidInput, "signature.malformed", signature)


@pytest.mark.parametrize(
    "domain",
    [
        Domain(DOMAIN.name, DOMAIN.version, 1, DOMAIN.verifying_contract),
        Domain(DOMAIN.name, DOMAIN.version, DOMAIN.chain_id, ANA.address),
        Domain(DOMAIN.name, "2", DOMAIN.chain_id, DOMAIN.verifying_contract),
    ],
)
def test_place__signed_for_another_chain_or_contract__is_refused(world: World, domain: Domain) -> None:
    order = world.order(ANA, Side.SELL, 1, 100)

    refusal = refused(world, order, Unauthenticated, "market.signature_not_makers", signed(ANA, order, domain))
    assert refusal.fields["chain_id"] == 31337


def test_place__signed_by_somebody_else__is_refused(world: World) -> None:
    order = world.order(ANA, Side.SELL, 1, 100)

    refused(world, order, Unauthenticated, "market.signature_not_makers", signed(BO, order))


def test_place__unknown_class__is_refused(world: World) -> None:
    refused(world, world.order(ANA, Side.SELL, 1, 100, class_id=12345), NotFound, "market.class_unknown")


def other_rules(world: World, rules: ClassRules) -> None:
    with world.database.write() as session:
        session.delete(session.get_one(ListedClass, rules.class_id))
        session.flush()
        list_class(session, rules, world.clock.now())


def test_place__against_the_rules_of_the_class__is_refused(world: World) -> None:
    other_rules(world, ClassRules(CLASS_ID, tick=5, lots_min=2, lots_max=10, price_max=1000, open_orders_max=2))

    tick = refused(world, world.order(ANA, Side.SELL, 2, 101), RuleViolated, "market.price_off_tick")
    assert tick.fields == {"price_per_kg": 101, "tick": 5}
    refused(world, world.order(ANA, Side.SELL, 2, 1005), RuleViolated, "market.price_too_high")
    refused(world, world.order(ANA, Side.SELL, 1, 100), RuleViolated, "market.amount_out_of_range")
    refused(world, world.order(ANA, Side.SELL, 11, 100), RuleViolated, "market.amount_out_of_range")
    refused(world, world.order(ANA, Side.SELL, 2, 100, max_fee_bps=10_001), InvalidInput, "market.field_out_of_range")


def test_place__more_open_orders_than_allowed__is_refused_in_that_class_only(world: World) -> None:
    other_rules(world, ClassRules(CLASS_ID, open_orders_max=2))
    world.sell(ANA, 1, 100)
    world.buy(ANA, 1, 50)

    refused(world, world.order(ANA, Side.SELL, 1, 100), RuleViolated, "market.open_orders_exceeded")
    world.sell(ANA, 1, 100, class_id=OTHER_CLASS_ID)
    world.sell(BO, 1, 50)
    assert world.sell(ANA, 1, 100).accepted.lots_open == 1


def test_place__largest_order_at_the_highest_price__fits_the_tables(world: World) -> None:
    with world.database.read() as session:
        rules = rules_of(session, CLASS_ID)
    world.balances.payments[ANA.address] = world.balances.allowances[ANA.address] = 10**20
    world.buy(ANA, rules.lots_max, rules.price_max)

    assert world.sell(BO, rules.lots_max, rules.price_max).accepted.fills == ((1, 10**6, 10**12),)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(60, "market.expiry_too_soon"), (-1, "market.expiry_too_soon"), (366 * 86400 + 1, "market.expiry_too_late")],
)
def test_place__expiry_outside_the_allowed_lifetime__is_refused(world: World, seconds: int, code: str) -> None:
    expiry = unix_s(world.clock.now()) + seconds

    refused(world, world.order(ANA, Side.SELL, 1, 100, expiry=expiry), RuleViolated, code)


def test_place__that_becomes_too_old_while_it_waits__is_refused_by_the_sequencer(world: World) -> None:
    soon = unix_s(world.clock.now()) + 61
    order = world.order(ANA, Side.BUY, 1, 100, expiry=soon, action=Action.DONATE, ref=(7).to_bytes(32))

    def slowly(_campaign_id: int, _expiry: int) -> None:
        world.clock.at += timedelta(seconds=1)

    object.__setattr__(world.market.door, "check_gift", slowly)
    refused(world, order, RuleViolated, "market.expiry_too_soon")


def test_place__a_gift_that_no_campaign_takes__is_refused_and_a_repeated_order_is_not_asked_again(world: World) -> None:
    gift = world.order(ANA, Side.BUY, 1, 100, action=Action.DONATE, ref=(7).to_bytes(32))

    refused(world, gift, NoSuchCampaign, "campaign.not_open")
    world.campaigns[7] = gift.expiry - 1
    refused(world, gift, NoSuchCampaign, "campaign.not_open")
    world.campaigns[7] = gift.expiry
    first = world.place(ANA, gift)
    world.campaigns.clear()
    assert world.place(ANA, gift) == first


def test_place__fee_bound_below_the_fee__is_refused(world: World) -> None:
    refusal = refused(
        world, world.order(ANA, Side.SELL, 1, 100, max_fee_bps=29), RuleViolated, "market.fee_bound_too_low"
    )

    assert refusal.fields == {"max_fee_bps": 29, "fee_bps": 30}
    assert world.sell(ANA, 1, 100, max_fee_bps=30).accepted.lots_open == 1


def test_place__by_a_minor__may_buy_and_not_sell(world: World) -> None:
    world.minors.add(ANA.address)

    refused(world, world.order(ANA, Side.SELL, 1, 100), Forbidden, "market.may_not_sell")
    assert world.buy(ANA, 1, 100).accepted.lots_open == 1


def test_place__under_a_number_never_handed_out__is_refused(world: World) -> None:
    for number in (0, 5, 2**63, 2**255 + 1):
        refused(world, world.order(ANA, Side.SELL, 1, 100, number=number), RuleViolated, "market.number_not_leased")


def test_place__under_somebody_elses_number__is_refused(world: World) -> None:
    order = world.order(ANA, Side.SELL, 1, 100, number=world.number(BO))

    refused(world, order, RuleViolated, "market.number_not_leased")


def test_place__under_a_number_that_waited_too_long__is_refused(world: World) -> None:
    order = world.order(ANA, Side.SELL, 1, 100, expiry=unix_s(world.clock.now()) + 200_000)
    world.clock.at += timedelta(days=1)

    refused(world, order, RuleViolated, "market.number_lease_expired")


def test_place__under_a_number_already_used__is_refused_even_after_a_cancellation(world: World) -> None:
    order = world.order(ANA, Side.SELL, 1, 100)
    world.place(ANA, order)
    world.market.cancel(ANA.address, hash_of(order))

    refused(world, replace(order, price_per_kg=101), Conflict, "market.number_used")


def test_place__under_an_old_epoch_or_a_cancelled_number__is_refused(world: World) -> None:
    world.balances.epochs[ANA.address] = 2
    refusal = refused(world, world.order(ANA, Side.SELL, 1, 100, epoch=1), RuleViolated, "market.epoch_stale")
    assert refusal.fields == {"epoch": 1, "expected": 2}

    order = world.order(ANA, Side.SELL, 1, 100, epoch=2)
    world.balances.cancelled.add((ANA.address, order.number))
    refused(world, order, RuleViolated, "market.number_cancelled")


def test_place__sell_without_approval__is_refused(world: World) -> None:
    world.balances.unapproved.add(ANA.address)

    refused(world, world.order(ANA, Side.SELL, 1, 100), RuleViolated, "market.credits_not_approved")


def test_place__sells_beyond_the_free_credits__are_refused(world: World) -> None:
    world.balances.credits[ANA.address, CLASS_ID] = 10_999
    world.sell(ANA, 6, 100)
    refusal = refused(world, world.order(ANA, Side.SELL, 5, 100), RuleViolated, "market.credits_insufficient")
    assert refusal.fields == {"lots": 5, "affordable_lots": 4}

    world.buy(BO, 6, 100)
    refused(world, world.order(ANA, Side.SELL, 5, 100), RuleViolated, "market.credits_insufficient")
    assert world.sell(ANA, 4, 100).accepted.lots_open == 4, "what is in flight is counted once"


def test_place__buys_beyond_the_free_money__are_refused(world: World) -> None:
    world.balances.payments[ANA.address] = 10 * 1000 + 100
    world.buy(ANA, 6, 1000)
    refusal = refused(world, world.order(ANA, Side.BUY, 5, 1000), RuleViolated, "market.payment_insufficient")
    assert refusal.fields == {"lots": 5, "affordable_lots": 4}

    world.sell(BO, 6, 900)
    assert world.buy(ANA, 4, 1000).accepted.lots_open == 4
    refused(world, world.order(ANA, Side.BUY, 1, 1000), RuleViolated, "market.payment_insufficient")


def test_place__buys_beyond_the_allowance__are_refused(world: World) -> None:
    world.balances.allowances[ANA.address] = 5 * 1000 + 50 - 1

    refused(world, world.order(ANA, Side.BUY, 5, 1000), RuleViolated, "market.allowance_insufficient")
    assert world.buy(ANA, 4, 1000).accepted.lots_open == 4


def test_place__fee_bound_above_the_contracts_cap__ties_up_the_cap_only(world: World) -> None:
    world.balances.payments[ANA.address] = 1000 + 10

    assert world.buy(ANA, 1, 1000, max_fee_bps=10_000).accepted.lots_open == 1


def test_place__of_a_buyer_without_credits_or_approval__is_fine(world: World) -> None:
    world.balances.unapproved.add(ANA.address)
    world.balances.credits[ANA.address, CLASS_ID] = 0

    assert world.buy(ANA, 1, 10).accepted.lots_open == 1
