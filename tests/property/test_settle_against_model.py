"""Random batches on a real node do exactly what the readable model says: fills, reasons, balances.

INV-03 the Exchange ends with what it began; INV-04 nobody fills beyond what was signed; INV-05 credits and payments are
conserved; INV-07 a bad match is skipped and the rest settles; INV-08 signatures bound the operator.
"""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from backend.chain.class_id import pack
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer
from backend.chain.node import LocalNode
from backend.chain.reverts import reason_name
from backend.chain.rpc import connect
from backend.chain.typed_data import sign
from backend.market.order import Action, Side, SignedOrder
from tests.contract.people import CLASS_ID, FAR, People
from tests.property.settle_model import Model

OTHER_CLASS = pack("CN-SC", 2025, "SIM")
PERSONS = 4
GRAMS_EACH = 30_000
MONEY_EACH = 100_000


@pytest.fixture(scope="module")
def world(deployment: Deployment, node: LocalNode) -> tuple[People, int]:
    """Four people with credits of two classes and money, and an open campaign."""
    w3 = connect(node.url)
    people = People(w3, Contracts(w3, deployment))
    for index in range(PERSONS):
        people.mint(index, GRAMS_EACH)
        people.mint(index, GRAMS_EACH, OTHER_CLASS)
        people.approve(index, "Exchange")
        people.pay(index, MONEY_EACH)
    now = w3.eth.get_block("latest")["timestamp"]
    opened = people.send("Charity", "openCampaign", 0, 0, now, now + 10**6, 1, b"\x05" * 32, by=DevRole.POOL_CHARITY)
    campaign = people.events(opened, "Charity", "CampaignOpened")[0]["args"]["campaignId"]
    return people, campaign


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
                "odd": draw(rarely),
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
    ),
    min_size=1,
    max_size=8,
)
"""(buy, sell, lots, where between the limits in percent, any): `any` may name any two orders and any price."""


def _match(orders: list[SignedOrder], drawn: tuple[int, int, int, int, bool]) -> tuple[int, int, int, int]:
    buy, sell, lots, percent, anything = drawn
    buys = [i for i, order in enumerate(orders) if order.side is Side.BUY]
    sells = [i for i, order in enumerate(orders) if order.side is Side.SELL]
    if anything or not buys or not sells:
        return buy % len(orders), sell % len(orders), lots, 40 * percent
    buy, sell = buys[buy % len(buys)], sells[sell % len(sells)]
    low, high = sorted((orders[sell].price_per_kg, orders[buy].price_per_kg))
    return buy, sell, lots, low + (high - low) * percent // 100


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
        amount_gco2e=int(str(drawn["lots"])) * 1000 + (1 if drawn["odd"] else 0),
        class_id=drawn["class_id"],
        max_fee_bps=drawn["max_fee_bps"],
        expiry=1 if drawn["expired"] else FAR,
        number=base + int(str(drawn["number"])),
        epoch=drawn["epoch"],
        action=action,
        beneficiary=person.address if action is Action.HOLD else beneficiary,
        ref=ref,
    )


def _model_of(people: People, campaign: int) -> Model:
    addresses = [people.person(index).address for index in range(PERSONS)]
    recipient = dev_signer(DevRole.FEE_RECIPIENT).address
    retired = people.contracts.credit.functions.retiredOf
    return Model(
        credits={(a, c): people.credits_of(a, c) for a in addresses for c in (CLASS_ID, OTHER_CLASS)},
        money={a: people.money_of(a) for a in [*addresses, recipient]},
        retired={(a, c): retired(a, c).call() for a in addresses for c in (CLASS_ID, OTHER_CLASS)},
        donated={campaign: people.contracts.charity.functions.campaignOf(campaign).call()[7]},
        fee_recipient=recipient,
    )


@settings(max_examples=40)
@given(drawn=drawn_orders(), pairs=drawn_matches)
def test_settle__any_batch__does_what_the_model_says_inv_03_inv_04_inv_05_inv_07_inv_08(
    world: tuple[People, int], drawn: list[dict[str, object]], pairs: list[tuple[int, int, int, int, bool]]
) -> None:
    people, campaign = world
    snapshot = people.w3.provider.make_request("evm_snapshot", [])["result"]  # type: ignore[arg-type]  # anvil's own
    try:
        base = next(people.numbers) * 1000
        orders = [_order(people, one, base, campaign) for one in drawn]
        domain = people.contracts.deployment.domain("Exchange")
        signatures, model = [], _model_of(people, campaign)
        for one, order in zip(drawn, orders, strict=True):
            signer = people.person((int(str(one["person"])) + (1 if one["forged"] else 0)) % PERSONS)
            signatures.append(sign(signer, "Order", domain, order.message()))
            if one["cancelled"]:
                cancel = {"maker": order.maker, "number": order.number, "deadline": FAR}
                own = people.person(int(str(one["person"])))
                people.send("Exchange", "cancelBySig", *cancel.values(), sign(own, "Cancel", domain, cancel))
                model.cancelled.add((order.maker, order.number))
        matches = [_match(orders, pair) for pair in pairs]
        hashes = [people.order_hash(order) for order in orders]

        expected: list[str] = []
        for buy, sell, lots, price in matches:
            reason = (
                model.why_not(orders[buy], not drawn[buy]["forged"], FAR - 1)
                or model.why_not(orders[sell], not drawn[sell]["forged"], FAR - 1)
                or model.mismatch(orders[buy], orders[sell], lots, price)
                or model.settle_one(orders[buy], orders[sell], (hashes[buy], hashes[sell]), lots, price)
            )
            expected.append(reason)
            event(reason or "Filled")
        receipt = people.send("Exchange", "settle", [order_tuple(o) for o in orders], signatures, matches)

        skipped = {
            log["args"]["index"]: reason_name(log["args"]["reason"])
            for log in people.events(receipt, "Exchange", "Skipped")
        }
        assert [skipped.get(index, "") for index in range(len(matches))] == expected
        filled = people.events(receipt, "Exchange", "Filled")
        assert [log["args"]["lots"] for log in filled] == [
            m[2] for m, reason in zip(matches, expected, strict=True) if not reason
        ]
        after = _model_of(people, campaign)
        assert (after.credits, after.money, after.retired, after.donated) == (
            model.credits,
            model.money,
            model.retired,
            model.donated,
        )
        exchange = people.contracts.exchange.address
        held = [people.credits_of(exchange, c) for c in (CLASS_ID, OTHER_CLASS)]
        assert [*held, people.money_of(exchange)] == [0, 0, 0], "INV-03"
        for log in filled:
            assert log["args"]["buyLeftGco2e"] >= 0
    finally:
        people.w3.provider.make_request("evm_revert", [snapshot])  # type: ignore[arg-type]  # anvil's own
