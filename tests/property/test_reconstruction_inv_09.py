"""INV-09: whatever people and officers do, in any order, events alone tell every contract's state.

Random acts on a real node, those the contracts refuse included; then every view of every contract is asked, and must
answer what the audit added up from the events.
"""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3

from backend.audit.recording import record
from backend.audit.replay import audit
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer
from backend.chain.node import LocalNode
from backend.chain.typed_data import sign
from backend.giving.kinds import CampaignKind
from backend.market.order import Action, Side
from tests.contract.people import CLASS_ID, FAR, People, Reverted

PEOPLE = 4
AID, POOL = 1, 2
"""Campaigns, by id."""

who = st.integers(min_value=0, max_value=PEOPLE - 1)
grams = st.integers(min_value=1, max_value=40_000)
lots = st.integers(min_value=0, max_value=12)
prices = st.integers(min_value=90, max_value=110)
own_numbers = st.integers(min_value=10**6, max_value=10**6 + 5)
acts = st.one_of(
    st.tuples(st.just("mint"), who, grams),
    st.tuples(st.just("transfer"), who, who, grams),
    st.tuples(st.just("retire"), who, who, grams),
    st.tuples(st.just("retire_with_receipt"), who, who, grams),
    st.tuples(st.just("give"), who, st.sampled_from([AID, POOL]), grams),
    st.tuples(st.just("trade"), st.tuples(who, who), lots, st.tuples(prices, prices), st.sampled_from(list(Action))),
    st.tuples(st.just("cancel"), who, st.integers(min_value=1, max_value=3)),
    st.tuples(st.just("cancel_all"), who),
    st.tuples(st.just("approve"), who, st.sampled_from(["Exchange", "Charity"]), st.booleans()),
    st.tuples(st.just("retire_held"), grams),
    st.tuples(st.just("grant"), grams, st.binary(min_size=1, max_size=1)),
    st.tuples(st.just("reverse"), grams),
    st.tuples(st.just("cancel_from_buffer"), grams),
    st.tuples(st.just("pause"), st.sampled_from(["Exchange", "Issuance", "Charity"]), st.booleans()),
    st.tuples(st.just("list_charity"), st.booleans()),
    st.tuples(st.just("void"), who, own_numbers),
    st.tuples(st.just("direct_refunds"), who, who),
    st.tuples(st.just("draw"), who, own_numbers, grams),
    st.tuples(st.just("announce_fee"), st.integers(min_value=0, max_value=100)),
)


class Town:
    """A few persons and every officer."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.done = 0
        for charity, kind in (
            (DevRole.AID_CHARITY, CampaignKind.AID),
            (DevRole.POOL_CHARITY, CampaignKind.RETIRE_POOL),
        ):
            people.open_campaign(charity, seconds=30 * 86_400, target_gco2e=1_000, story=b"\x05" * 32, kind=kind)
        for index in range(PEOPLE):
            people.mint(index, 100_000)
            people.pay(index, 10**6)
            people.approve(index, "Exchange")
            people.approve(index, "Charity")

    def do(self, act: tuple[object, ...]) -> None:
        """Does it, unless the contracts refuse."""
        name, *arguments = act
        verb: Callable[..., object] = getattr(self, str(name))
        try:
            verb(*arguments)
        except Reverted:
            return
        self.done += 1

    def _signed(self, contract: str, function: str, type_name: str, index: int, message: dict[str, object]) -> None:
        domain = self.people.contracts.deployment.domain(contract)
        signature = sign(self.people.person(index), type_name, domain, message)
        self.people.send(contract, function, *message.values(), signature)

    def _address(self, index: int) -> str:
        return self.people.person(index).address

    def _fresh(self) -> dict[str, object]:
        return {"number": next(self.people.numbers), "deadline": FAR}

    def mint(self, index: int, amount: int) -> None:
        self.people.mint(index, amount)

    def transfer(self, giver: int, receiver: int, amount: int) -> None:
        move = {"from": self._address(giver), "to": self._address(receiver), "classId": CLASS_ID, "amountGco2e": amount}
        self._signed("CarbonCredit", "transferBySig", "Transfer", giver, move | self._fresh())

    def _retirement(self, index: int, beneficiary: int, amount: int) -> dict[str, object]:
        return {
            "account": self._address(index),
            "beneficiary": self._address(beneficiary),
            "classId": CLASS_ID,
            "amountGco2e": amount,
            "purpose": "self",
            "ref": bytes(32),
        }

    def retire(self, index: int, beneficiary: int, amount: int) -> None:
        end = self._retirement(index, beneficiary, amount)
        self._signed("CarbonCredit", "retireBySig", "Retire", index, end | self._fresh())

    def retire_with_receipt(self, index: int, beneficiary: int, amount: int) -> None:
        self.people.retire_with_receipt(index, self._retirement(index, beneficiary, amount))

    def give(self, index: int, campaign: int, amount: int) -> None:
        gift = {"donor": self._address(index), "campaignId": campaign, "classId": CLASS_ID, "amountGco2e": amount}
        self._signed("Charity", "donateBySig", "Donate", index, gift | {"receipt": amount % 2 == 0} | self._fresh())

    def trade(self, pair: tuple[int, int], size: int, limits: tuple[int, int], action: Action) -> None:
        refs = {Action.HOLD: bytes(32), Action.RETIRE: b"\x07" * 32, Action.DONATE: POOL.to_bytes(32)}
        epoch_of = self.people.contracts.exchange.functions.epochOf
        epochs = [epoch_of(self._address(index)).call() for index in pair]
        (buyer, seller), (bid, ask) = pair, limits
        buy = self.people.order(buyer, Side.BUY, size + 1, bid, action=action, ref=refs[action], epoch=epochs[0])
        sell = self.people.order(seller, Side.SELL, size + 2, ask, epoch=epochs[1])
        self.people.settle([(buyer, buy), (seller, sell)], [(0, 1, size, ask), (0, 1, 1, bid)])

    def cancel(self, index: int, ahead: int) -> None:
        number = next(self.people.numbers) + ahead
        message: dict[str, object] = {"maker": self._address(index), "number": number, "deadline": FAR}
        self._signed("Exchange", "cancelBySig", "Cancel", index, message)

    def cancel_all(self, index: int) -> None:
        epoch = self.people.contracts.exchange.functions.epochOf(self._address(index)).call()
        message: dict[str, object] = {"maker": self._address(index), "epoch": epoch, "deadline": FAR}
        self._signed("Exchange", "cancelAllBySig", "CancelAll", index, message)

    def approve(self, index: int, operator: str, approved: bool) -> None:
        address = self.people.contracts.named(operator).address
        message: dict[str, object] = {"account": self._address(index), "operator": address, "approved": approved}
        self._signed("CarbonCredit", "approveBySig", "Approve", index, message | self._fresh())

    def retire_held(self, amount: int) -> None:
        self.people.retire_early(POOL, amount)

    def grant(self, amount: int, ref: bytes) -> None:
        self.people.grant(AID, [amount, 1], [ref * 32, b"\x01" * 32])

    def reverse(self, amount: int) -> None:
        self.people.send("CarbonCredit", "recordReversal", CLASS_ID, amount, b"\x61" * 32, by=DevRole.REGISTRAR)

    def cancel_from_buffer(self, amount: int) -> None:
        self.people.send("CarbonCredit", "cancelFromBuffer", CLASS_ID, amount)

    def pause(self, contract: str, paused: bool) -> None:
        self.people.send(contract, "pause" if paused else "unpause", by=DevRole.PAUSER)

    def list_charity(self, listed: bool) -> None:
        charity = dev_signer(DevRole.POOL_CHARITY).address
        second = dev_signer(DevRole.POOL_CHARITY_SECOND).address
        if listed:
            self.people.send("Charity", "listCharity", charity, second, by=DevRole.REGISTRAR)
        else:
            self.people.send("Charity", "delistCharity", charity, by=DevRole.REGISTRAR)

    def void(self, index: int, number: int) -> None:
        message: dict[str, object] = {"account": self._address(index), "number": number, "deadline": FAR}
        self._signed("Charity", "useNumberBySig", "UseNumber", index, message)

    def direct_refunds(self, index: int, receiver: int) -> None:
        message: dict[str, object] = {"donor": self._address(index), "to": self._address(receiver)}
        self._signed("Charity", "refundToBySig", "RefundTo", index, message | self._fresh())

    def draw(self, index: int, number: int, amount: int) -> None:
        pledge = {
            "donor": self._address(index),
            "campaignId": POOL,
            "classId": CLASS_ID,
            "shareBps": 10_000,
            "maxAmountGco2e": 30_000,
            "start": 0,
            "expiry": FAR,
            "number": number,
        }
        domain = self.people.contracts.deployment.domain("Charity")
        signature = sign(self.people.person(index), "Pledge", domain, pledge)
        self.people.send("Charity", "drawPledge", tuple(pledge.values()), amount, signature)

    def announce_fee(self, fee_bps: int) -> None:
        call = self.people.contracts.encode("Exchange", "setFee", [fee_bps])
        exchange = self.people.contracts.exchange.address
        self.people.send("Governance", "schedule", exchange, call, 0, by=DevRole.GOVERNOR)


@pytest.fixture(scope="module")
def town(w3: Web3, contracts: Contracts) -> Town:
    return Town(People(w3, contracts))


EACH_ONCE: list[tuple[object, ...]] = [
    ("mint", 0, 20_000),
    ("transfer", 0, 1, 5_000),
    ("retire", 1, 2, 3_000),
    ("retire_with_receipt", 1, 2, 2_000),
    ("give", 2, AID, 30_000),
    ("give", 3, POOL, 30_000),
    *(("trade", (0, 1), 4, (100, 95), action) for action in Action),
    ("cancel", 0, 1),
    ("cancel_all", 1),
    ("retire_held", 1_000),
    ("grant", 2_000, b"\x09"),
    ("reverse", 4_000),
    ("cancel_from_buffer", 4_000),
    *(("pause", contract, paused) for contract in ("Exchange", "Issuance", "Charity") for paused in (True, False)),
    ("draw", 2, 10**6, 700),
    ("draw", 2, 10**6, 800),
    ("void", 2, 10**6),
    ("direct_refunds", 3, 1),
    ("list_charity", False),
    ("list_charity", True),
    ("approve", 0, "Exchange", False),
    ("approve", 0, "Exchange", True),
    ("announce_fee", 55),
]


def check_reconstruction(node: LocalNode, deployment: Deployment) -> None:
    report = audit(record(node.url, deployment))
    assert report.findings == ()
    asked = {check.name: report.counts[check.name] for check in report.checks if check.invariant == "INV-09"}
    for name in deployment.addresses:
        assert asked[f"reconstruction.{name}"] > 0, name


def test_state__after_each_act_once__is_what_events_alone_add_up_to(
    town: Town, node: LocalNode, deployment: Deployment
) -> None:
    for act in EACH_ONCE:
        before = town.done
        town.do(act)
        assert town.done == before + 1, act
    check_reconstruction(node, deployment)


@pytest.mark.timeout(1_800)  # the long profile audits a long history many times
@settings(max_examples=max(3, settings().max_examples // 16))
@given(program=st.lists(acts, min_size=8, max_size=16))
def test_state__after_any_acts__is_what_events_alone_add_up_to(
    town: Town, node: LocalNode, deployment: Deployment, program: list[tuple[object, ...]]
) -> None:
    for act in program:
        town.do(act)
    check_reconstruction(node, deployment)
