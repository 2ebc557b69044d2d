"""A leaderboard orders by what was done and by nothing else, and adds up."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.giving.leaderboard import Entry, ranked

ENTRIES = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from((1, 2)), st.integers(0, 9)), max_size=30)


@given(ENTRIES)
def test_ranked__adds_up_orders_by_amount_and_shares_ranks_among_equals(entries: list[Entry]) -> None:
    found = ranked(entries)

    assert sum(one.amount_gco2e for one in found) == sum(amount for _, _, amount in entries)
    assert all(one.amount_gco2e == sum(one.by_class.values()) > 0 for one in found), "who did nothing has no place"
    assert len({one.name for one in found}) == len(found)
    for above, below in pairwise(found):
        assert above.amount_gco2e >= below.amount_gco2e
        assert (above.rank == below.rank) is (above.amount_gco2e == below.amount_gco2e)
    assert all(one.rank == 1 + sum(other.amount_gco2e > one.amount_gco2e for other in found) for one in found)


@given(ENTRIES.flatmap(lambda entries: st.tuples(st.just(entries), st.permutations(entries))))
def test_ranked__is_the_same_in_whatever_order_things_were_done(told: tuple[list[Entry], list[Entry]]) -> None:
    entries, shuffled = told

    assert ranked(shuffled) == ranked(entries)
