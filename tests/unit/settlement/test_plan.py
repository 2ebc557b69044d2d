"""What goes into one settlement transaction: each order once, each number once, groups whole."""

from backend.chain.settle_batch import BatchMatch
from backend.market.instructed import FOK_FILLS_MAX
from backend.market.order import ZERO_REF, Action, Side, SignedOrder
from backend.settlement.plan import Pair, Plan, plan_of
from backend.settlement.settler import BATCH_LEGS

MAKER = "0x" + "11" * 20


def named(order_hash: bytes) -> tuple[SignedOrder, bytes]:
    """An order whose number is the first byte of its hash."""
    return SignedOrder(MAKER, MAKER, 1, Side.BUY, 1000, 1, 0, 2**31, order_hash[0], 0, Action.HOLD, ZERO_REF), b"s" * 65


def pair(trade_id: int, buy: int, sell: int, group_id: int | None = None, variant: int = 0) -> Pair:
    return Pair(trade_id, bytes([buy, variant]), bytes([sell]), 1, 100, group_id)


def plan(*pairs: Pair, most: int = BATCH_LEGS) -> Plan:
    return plan_of(pairs, named, most)


def test_plan__each_order_stands_once_in_the_order_of_first_use() -> None:
    made = plan(pair(1, 10, 20), pair(2, 10, 21), pair(3, 11, 21))

    assert [order.number for order, _ in made.orders] == [10, 20, 21, 11]
    assert made.matches == (
        BatchMatch(0, 1, 1, 100),
        BatchMatch(0, 2, 1, 100),
        BatchMatch(3, 2, 1, 100),
    )


def test_plan__groups__are_numbered_and_single_pairs_are_none() -> None:
    made = plan(pair(1, 10, 20), pair(2, 11, 21, 77), pair(3, 11, 22, 77), pair(4, 12, 23, 90), pair(5, 12, 24, 90))

    assert [match.group for match in made.matches] == [0, 1, 1, 2, 2]


def test_plan__a_group_that_has_no_room__waits_whole() -> None:
    made = plan(pair(1, 10, 20), pair(2, 11, 21, 77), pair(3, 11, 22, 77), most=2)

    assert len(made.matches) == 1


def test_plan__another_order_under_a_number__waits_with_its_group() -> None:
    made = plan(pair(1, 10, 20), pair(2, 11, 21, 77), pair(3, 10, 22, 77, variant=1))

    assert len(made.matches) == 1


def test_plan__the_largest_group__fits_a_batch() -> None:
    legs = [pair(at, 10, 20 + at, 77) for at in range(FOK_FILLS_MAX)]

    assert len(plan(*legs).matches) == FOK_FILLS_MAX
