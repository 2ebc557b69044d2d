"""Random batches on a real node do exactly what the readable model says: fills, reasons, balances.

INV-03 the Exchange ends with what it began; INV-04 nobody fills beyond what was signed; INV-05 credits and payments are
conserved; INV-07 a bad match is skipped and the rest settles; INV-08 signatures bound the operator.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from web3 import HTTPProvider
from web3.contract.contract import ContractFunction
from web3.types import RPCEndpoint

from backend.chain.class_id import pack
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer
from backend.chain.node import LocalNode
from backend.chain.reverts import reason_name
from backend.chain.rpc import connect
from backend.chain.settle_batch import BatchMatch, encode
from backend.chain.typed_data import sign
from backend.market.order import Action, Side, SignedOrder
from tests.contract.people import CLASS_ID, FAR, People, order_tuple
from tests.property.settle_model import Model

OTHER_CLASS = pack("CN-SC", 2025, "SIM")
PERSONS = 4
GRAMS_EACH = 30_000
MONEY_EACH = 100_000
DONATED = 7
"""Where `campaignOf` says what was given."""


def _call_of(function: ContractFunction) -> dict[str, str]:
    """What eth_call takes; encoding is the dearest part of a read, so what is read in each case is encoded once."""
    return {"to": function.address, "data": function._encode_transaction_data()}


def _words_of(people: People, calls: Sequence[dict[str, str]]) -> list[list[int]]:
    """The words each call answers, in their order, for one trip to the node."""
    provider = people.w3.provider
    assert isinstance(provider, HTTPProvider)
    answers = provider.make_batch_request([(RPCEndpoint("eth_call"), [call, "latest"]) for call in calls])
    assert isinstance(answers, list), answers
    texts = [answer["result"][2:] for answer in answers]
    return [[int(text[at : at + 64], 16) for at in range(0, len(text), 64)] for text in texts]


@dataclass(frozen=True)
class World:
    """Four people with credits of two classes and money, an open campaign, and what the model knows of them."""

    people: People
    campaign: int
    pairs: list[tuple[str, int]]
    payees: list[str]
    reads: list[dict[str, str]]
    """Of everything the model knows, then of what the Exchange holds."""

    def model(self) -> Model:
        """What the chain says now. INV-03: the Exchange holds nothing."""
        answers = _words_of(self.people, self.reads)
        found = iter(answers)
        model = Model(
            credits={pair: next(found)[0] for pair in self.pairs},
            retired={pair: next(found)[0] for pair in self.pairs},
            money={address: next(found)[0] for address in self.payees},
            donated={self.campaign: next(found)[DONATED]},
            fee_recipient=self.payees[-1],
        )
        assert [words[0] for words in found] == [0, 0, 0], "INV-03"
        return model


def _world(people: People, campaign: int) -> World:
    addresses = [people.person(index).address for index in range(PERSONS)]
    pairs = [(address, class_id) for address in addresses for class_id in (CLASS_ID, OTHER_CLASS)]
    payees = [*addresses, dev_signer(DevRole.FEE_RECIPIENT).address]
    credit, payment = people.contracts.credit.functions, people.contracts.payment.functions
    exchange = people.contracts.exchange.address
    reads = [
        *(credit.balanceOf(*pair) for pair in pairs),
        *(credit.retiredOf(*pair) for pair in pairs),
        *(payment.balanceOf(address) for address in payees),
        people.contracts.charity.functions.campaignOf(campaign),
        *(credit.balanceOf(exchange, class_id) for class_id in (CLASS_ID, OTHER_CLASS)),
        payment.balanceOf(exchange),
    ]
    return World(people, campaign, pairs, payees, [_call_of(function) for function in reads])


@pytest.fixture(scope="module")
def world(deployment: Deployment, node: LocalNode) -> tuple[World, Model]:
    """Of each module its own, and what the model knows of it: every case begins there again."""
    w3 = connect(node.url)
    people = People(w3, Contracts(w3, deployment))
    for index in range(PERSONS):
        people.mint(index, GRAMS_EACH)
        people.mint(index, GRAMS_EACH, OTHER_CLASS)
        people.approve(index, "Exchange")
        people.pay(index, MONEY_EACH)
    campaign = people.open_campaign(DevRole.POOL_CHARITY, seconds=10**6, target_gco2e=1, story=b"\x05" * 32)
    world = _world(people, campaign)
    return world, world.model()


@st.composite
def drawn_orders(draw: st.DrawFn) -> list[dict[str, object]]:
    """Orders as changes to a good one; most are good."""
    rarely = st.sampled_from([False] * 19 + [True])
    found: list[dict[str, object]] = []
    for position in range(draw(st.integers(2, 6))):
        side = draw(st.sampled_from([Side.BUY, Side.SELL]))
        action = draw(st.sampled_from(list(Action))) if side is Side.BUY or draw(rarely) else Action.HOLD
        found.append(
            {
                "person": draw(st.integers(0, PERSONS - 1)),
                "side": side,
                "lots": draw(st.integers(1, 40)),
                "price": draw(st.integers(1000, 4000) if side is Side.BUY else st.integers(1, 2000)),
                "max_fee_bps": 29 if draw(rarely) else draw(st.integers(30, 200)),
                "expired": draw(rarely),
                "number": draw(st.integers(0, 3)) if draw(rarely) else 10 + position,
                "epoch": 1 if draw(rarely) else 0,
                "cancelled": draw(rarely),
                "forged": draw(rarely),
                "class_id": OTHER_CLASS if draw(rarely) else CLASS_ID,
                "action": action,
                "beneficiary": draw(st.integers(0, PERSONS - 1)),
                "campaign_unknown": draw(rarely),
            }
        )
    return found


drawn_matches = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 20),
        st.integers(0, 100),
        st.sampled_from([False] * 9 + [True]),
        st.sampled_from([0, 0, 0, 1, 2]),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)
"""(buy, sell, lots, where between the limits in percent, any, group, second): `any` may name any two orders and any
price; `second` stands in the second of two batches."""


DrawnMatch = tuple[int, int, int, int, bool, int, bool]


def _match(orders: list[SignedOrder], drawn: DrawnMatch) -> tuple[int, int, int, int, int]:
    buy, sell, lots, percent, anything, group, _ = drawn
    buys = [i for i, order in enumerate(orders) if order.side is Side.BUY]
    sells = [i for i, order in enumerate(orders) if order.side is Side.SELL]
    if anything or not buys or not sells:
        return buy % len(orders), sell % len(orders), lots, 40 * percent, group
    buy, sell = buys[buy % len(buys)], sells[sell % len(sells)]
    low, high = sorted((orders[sell].price_per_kg, orders[buy].price_per_kg))
    return buy, sell, lots, low + (high - low) * percent // 100, group


def _order(people: People, drawn: dict[str, object], base: int, campaign: int) -> SignedOrder:
    person = people.person(int(str(drawn["person"])))
    action = Action(str(drawn["action"]))
    beneficiary = people.person(int(str(drawn["beneficiary"]))).address
    ref = {
        Action.HOLD: bytes(32),
        Action.RETIRE: b"\x09" * 32,
        Action.DONATE: (999 if drawn["campaign_unknown"] else campaign).to_bytes(32),
    }[action]
    return people.order(
        int(str(drawn["person"])),
        Side(str(drawn["side"])),
        int(str(drawn["lots"])),
        int(str(drawn["price"])),
        class_id=drawn["class_id"],
        max_fee_bps=drawn["max_fee_bps"],
        expiry=1 if drawn["expired"] else FAR,
        number=base + int(str(drawn["number"])),
        epoch=drawn["epoch"],
        action=action,
        beneficiary=person.address if action is Action.HOLD else beneficiary,
        ref=ref,
    )


def _distinct(orders: list[SignedOrder], *, last: bool) -> list[int]:
    """Indexes of orders with a number each: of those that share one, the first or the last."""
    by_number: dict[int, int] = {}
    for index, order in enumerate(orders):
        if last or order.number not in by_number:
            by_number[order.number] = index
    return sorted(by_number.values())


def _expected(
    model: Model,
    orders: list[SignedOrder],
    hashes: list[bytes],
    forged: list[bool],
    matches: list[tuple[int, int, int, int, int]],
) -> list[str]:
    """The reason each match is skipped for, or nothing, as the model goes through the batch group by group."""
    model.begin()
    expected: list[str] = []
    position = 0
    while position < len(matches):
        group = matches[position][4]
        length = 1
        while group and position + length < len(matches) and matches[position + length][4] == group:
            length += 1
        saved = model.saved()
        reason = ""
        for buy, sell, lots, price, _ in matches[position : position + length]:
            reason = (
                model.why_not(orders[buy], hashes[buy], not forged[buy], FAR - 1)
                or model.why_not(orders[sell], hashes[sell], not forged[sell], FAR - 1)
                or model.mismatch(orders[buy], orders[sell], lots, price)
                or model.short(orders[buy], orders[sell], (hashes[buy], hashes[sell]), lots)
            )
            if reason:
                break
            model.take(orders[buy], orders[sell], (hashes[buy], hashes[sell]), lots)
        for buy, sell, lots, price, _ in matches[position : position + length] if not reason else []:
            reason = reason or model.pay_and_deliver(orders[buy], orders[sell], lots, price)
        if reason:
            model.restore(saved)
        expected += [reason] * length
        event(reason or "Filled")
        position += length
    return expected


LONG_CASES = 10_000


@pytest.mark.timeout(7_200)
@settings(max_examples=LONG_CASES if settings.get_current_profile_name() == "full" else 40)
@given(drawn=drawn_orders(), pairs=drawn_matches)
def test_settle__any_batch__does_what_the_model_says_inv_03_inv_04_inv_05_inv_07_inv_08(
    world: tuple[World, Model], drawn: list[dict[str, object]], pairs: list[DrawnMatch]
) -> None:
    people, campaign = world[0].people, world[0].campaign
    snapshot = people.w3.provider.make_request("evm_snapshot", [])["result"]  # type: ignore[arg-type]  # anvil's own
    try:
        base = next(people.numbers) * 1000
        orders = [_order(people, one, base, campaign) for one in drawn]
        domain = people.contracts.deployment.domain("Exchange")
        signatures, model = [], deepcopy(world[1])
        for one, order in zip(drawn, orders, strict=True):
            signer = people.person((int(str(one["person"])) + (1 if one["forged"] else 0)) % PERSONS)
            signatures.append(sign(signer, "Order", domain, order.message()))
            if one["cancelled"]:
                cancel = {"maker": order.maker, "number": order.number, "deadline": FAR}
                own = people.person(int(str(one["person"])))
                people.send("Exchange", "cancelBySig", *cancel.values(), sign(own, "Cancel", domain, cancel))
                model.cancelled.add((order.maker, order.number))
        hashes = [people.order_hash(order) for order in orders]
        for second in (False, True):
            chosen = _distinct(orders, last=second)
            matches = [_match(orders, pair) for pair in pairs if pair[-1] is second]
            matches = [match for match in matches if {match[0], match[1]} <= set(chosen)]
            if not matches:
                continue
            expected = _expected(model, orders, hashes, [bool(one["forged"]) for one in drawn], matches)
            places = {index: place for place, index in enumerate(chosen)}
            batch = encode(
                [(orders[index].message(), signatures[index]) for index in chosen],
                [BatchMatch(places[buy], places[sell], *rest) for buy, sell, *rest in matches],
            )
            receipt = people.send("Exchange", "settle", batch)

            skipped = {
                log["args"]["index"]: reason_name(log["args"]["reason"])
                for log in people.events(receipt, "Exchange", "Skipped")
            }
            assert [skipped.get(index, "") for index in range(len(matches))] == expected
            filled = people.events(receipt, "Exchange", "Filled")
            assert [(log["args"]["lots"], log["args"]["pricePerKg"]) for log in filled] == [
                (match[2], match[3]) for match, reason in zip(matches, expected, strict=True) if not reason
            ]
        after = world[0].model()
        assert (after.credits, after.money, after.retired, after.donated) == (
            model.credits,
            model.money,
            model.retired,
            model.donated,
        )
        left_of = people.contracts.exchange.functions.leftOf
        lefts = _words_of(people, [_call_of(left_of(order_tuple(order))) for order in orders])
        for order, order_hash, found in zip(orders, hashes, lefts, strict=True):
            tag, left = model.taken.get(order.number, (order_hash, order.amount_gco2e))
            is_dead = order.epoch != 0 or (order.maker, order.number) in model.cancelled
            assert found == [left if tag == order_hash and not is_dead else 0]
    finally:
        people.w3.provider.make_request("evm_revert", [snapshot])  # type: ignore[arg-type]  # anvil's own
