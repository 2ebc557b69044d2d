"""Order numbers: dense, one maker's, bounded."""

from datetime import timedelta
from itertools import pairwise

import pytest

from backend.market.numbers import COUNT_MAX, OUTSTANDING_MAX, NumberCountOutOfRange, NumbersExhausted
from tests.unit.market.world import ANA, BO, World


def test_lease__to_several_makers__is_dense_and_never_twice(world: World) -> None:
    leases = [world.market.lease_numbers(maker.address, count) for maker, count in ((ANA, 3), (BO, 256), (ANA, 1))]

    assert leases[0].first == 1
    assert all(later.first == earlier.last + 1 for earlier, later in pairwise(leases))
    assert [lease.last - lease.first + 1 for lease in leases] == [3, 256, 1]
    assert all(lease.last < 2**255 for lease in leases), "never in a maker's own space"


@pytest.mark.parametrize("count", [0, -1, COUNT_MAX + 1])
def test_lease__of_no_or_too_many_numbers__is_refused(world: World, count: int) -> None:
    with pytest.raises(NumberCountOutOfRange) as refusal:
        world.market.lease_numbers(ANA.address, count)
    assert refusal.value.code == "market.number_count_out_of_range"


def test_lease__beyond_what_one_maker_may_hold__is_refused_until_used_or_expired(world: World) -> None:
    first = world.market.lease_numbers(ANA.address, COUNT_MAX).first
    for _ in range(OUTSTANDING_MAX // COUNT_MAX - 1):
        world.market.lease_numbers(ANA.address, COUNT_MAX)

    with pytest.raises(NumbersExhausted) as refusal:
        world.market.lease_numbers(ANA.address, 1)
    assert refusal.value.code == "market.numbers_exhausted"
    assert world.market.lease_numbers(BO.address, 1).first == OUTSTANDING_MAX + 1

    world.sell(ANA, 1, 100, number=first)
    assert world.market.lease_numbers(ANA.address, 1).first == OUTSTANDING_MAX + 2
    world.clock.at += timedelta(days=2)
    assert world.market.lease_numbers(ANA.address, COUNT_MAX).first == OUTSTANDING_MAX + 3
