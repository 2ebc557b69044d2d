"""INV-03, INV-04, INV-05: an honest Exchange never gives the audit cause for a finding, a dishonest one always does.

The honest one is a model of forty lines that decides each match by what was signed; the dishonest one tells the
opposite of one decision, or changes one number of one fill.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.audit.minting import accredit, mint
from tests.unit.audit.told import NOW_S, Stage, Told, person
from tests.unit.audit.trading import FEE_BPS, AnOrder, Market, open_market, settle_call, skipped

Match = tuple[AnOrder, AnOrder, int, int]


@dataclass
class Exchange:
    """What may be filled, by the words of DESIGN section 5 alone: the first reason against a match, or none."""

    left: dict[int, tuple[AnOrder, int]] = field(default_factory=dict)

    def reason(self, match: Match) -> str | None:
        """The first that holds, in the order of the contract; None if the match fills."""
        buy, sell, lots, price = match
        against = {
            "OrderExpired(bytes32)": min(buy.expiry_s, sell.expiry_s) <= NOW_S,
            "OrderFeeExceeded(bytes32)": min(buy.max_fee_bps, sell.max_fee_bps) < FEE_BPS,
            "SelfMatch(address)": buy.maker == sell.maker,
            "LotsZero()": lots == 0,
            "PriceOutsideLimit(uint256)": not sell.price_per_kg <= price <= buy.price_per_kg,
        }
        for order in (buy, sell):
            first, left = self.left.get(order.number, (order, order.lots))
            against |= {
                "OrderFilled(bytes32)": against.get("OrderFilled(bytes32)", False) or left == 0,
                "OrderNumberTaken(bytes32)": against.get("OrderNumberTaken(bytes32)", False)
                or (left > 0 and first != order),
                "LeftInsufficient(uint256)": against.get("LeftInsufficient(uint256)", False)
                or (first == order and 0 < left < lots)
                or lots > order.lots,
            }
        return next((reason for reason, holds in against.items() if holds), None)

    def fill(self, match: Match) -> None:
        buy, sell, lots, _ = match
        for order in (buy, sell):
            first, left = self.left.get(order.number, (order, order.lots))
            self.left[order.number] = (first, left - lots)


def _orders(side: str, makers: list[int], numbers: list[int]) -> st.SearchStrategy[AnOrder]:
    return st.builds(
        AnOrder,
        maker=st.sampled_from(makers),
        side=st.just(side),
        lots=st.integers(1, 4),
        price_per_kg=st.sampled_from([90, 100, 110]),
        number=st.sampled_from(numbers),
        max_fee_bps=st.sampled_from([100, 100, 100, 1]),
        expiry_s=st.sampled_from([NOW_S + 9, NOW_S + 9, NOW_S + 9, NOW_S]),
    )


MATCHES = st.lists(
    st.tuples(
        _orders("buy", [1, 3, 0], [1, 2, 3]),
        _orders("sell", [0, 2], [4, 5, 6]),
        st.integers(0, 3),
        st.sampled_from([90, 95, 100, 110]),
    ),
    min_size=1,
    max_size=6,
)


def _market() -> Market:
    stage = Stage()
    stage.open_class()
    accredit(stage)
    for index in (0, 2):
        mint(stage, person(index).address, 10**6, nullifier=index + 1)
    return open_market(stage)


def _one_order_a_number(matches: list[Match]) -> list[Match]:
    """Without the matches that would bring a second order under a number: a batch takes each number once."""
    by_number: dict[int, AnOrder] = {}
    kept = []
    for match in matches:
        if all(by_number.get(order.number, order) == order for order in match[:2]):
            by_number |= {order.number: order for order in match[:2]}
            kept.append(match)
    return kept


def _told(market: Market, exchange: Exchange, matches: list[Match]) -> list[list[Told]]:
    """What an honest Exchange leaves of each match."""
    told = []
    for index, match in enumerate(matches):
        reason = exchange.reason(match)
        if reason is None:
            exchange.fill(match)
            told.append(market.filled(*match))
        else:
            told.append([skipped(index, match[0], match[1], reason)])
    return told


@given(MATCHES)
def test_honest_exchange__any_matches__gives_no_finding_inv_04(matches: list[Match]) -> None:
    market, exchange = _market(), Exchange()
    for batch in (matches[:3], matches[3:]):
        called = _one_order_a_number(batch)
        if called:
            told = _told(market, exchange, called)
            assert market.stage.tell(*(event for each in told for event in each), calls=[settle_call(called)]) == []


@given(MATCHES, st.data())
def test_dishonest_exchange__one_match_told_the_other_way__is_found_inv_04(matches: list[Match], data: Any) -> None:
    market, exchange = _market(), Exchange()
    matches = _one_order_a_number(matches)
    told = _told(market, exchange, matches)
    place = data.draw(st.integers(0, len(matches) - 1))
    buy, sell, lots, price = matches[place]
    was_filled = told[place][0][1] == "Filled"
    honest = skipped(place, buy, sell, "OrderCancelled(bytes32)")
    told[place] = [honest] if was_filled else market.filled(buy, sell, lots, price)
    assert market.stage.tell(*(event for each in told for event in each), calls=[settle_call(matches)]) != []


@given(MATCHES, st.data())
def test_dishonest_exchange__one_number_of_one_fill_changed__is_found_inv_05(matches: list[Match], data: Any) -> None:
    market, exchange = _market(), Exchange()
    matches = _one_order_a_number(matches)
    told = _told(market, exchange, matches)
    events = [event for each in told if each[0][1] == "Filled" for event in each]
    if not events:
        return
    _, _, args = data.draw(st.sampled_from(events))
    name = data.draw(st.sampled_from([key for key, value in args.items() if isinstance(value, int)]))
    args[name] += data.draw(st.sampled_from([1, 2, 1_000]))
    assert market.stage.tell(*(event for each in told for event in each), calls=[settle_call(matches)]) != []
