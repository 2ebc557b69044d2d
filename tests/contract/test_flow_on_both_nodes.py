"""The whole life of a credit on a real node: mint, trade, retire, donate, grant. No person holds any ether."""

import pytest

from backend.chain.class_id import class_code
from backend.chain.keys import DevRole, dev_signer
from backend.chain.merkle import MerkleTree, claim_leaf
from backend.chain.reverts import reason_name
from backend.chain.typed_data import domain_separator, sign
from backend.giving.kinds import CampaignKind
from backend.market.order import Action, Side
from tests.contract.people import CLASS_ID, FAR, People, Reverted, order_tuple


@pytest.mark.parametrize("name", ["CarbonCredit", "Issuance", "Exchange", "Charity", "RetirementReceipts"])
def test_domain_separator__python_and_solidity__are_equal(people: People, name: str) -> None:
    assert people.contracts.named(name).functions.domainSeparator().call() == domain_separator(
        people.contracts.deployment.domain(name)
    )


def test_order_hash__python_and_solidity__are_equal(people: People) -> None:
    for order in (
        people.order(0, Side.BUY, 3, 17, action=Action.RETIRE, ref=b"\x07" * 32, beneficiary=people.person(1).address),
        people.order(1, Side.SELL, 1, 2**100, epoch=5, number=2**255 + 9),
    ):
        assert people.contracts.exchange.functions.hashOrder(order_tuple(order)).call() == people.order_hash(order)


def test_decode__packed_class__gives_its_fields(people: People) -> None:
    region, vintage, methodology = people.contracts.credit.functions.decode(CLASS_ID).call()
    assert (
        class_code(CLASS_ID) == f"{region.rstrip(bytes(1)).decode()}/{vintage}/{methodology.rstrip(bytes(1)).decode()}"
    )


def test_mint__second_claim_of_a_nullifier__is_refused_inv_02(people: People) -> None:
    leaf = people.claim(2, 10_000)
    for surplus in (40_000, 50_000):
        other = people.claim(3, 10_000)
        tree = MerkleTree([claim_leaf(*leaf), claim_leaf(*other)])
        batch = people.batch(tree.root, surplus)
        people.send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch))
        proof = tree.proof(claim_leaf(*leaf))
        if surplus == 40_000:
            people.send("Issuance", "claim", tree.root, leaf, proof)
        else:
            with pytest.raises(Reverted, match="NullifierUsed"):
                people.send("Issuance", "claim", tree.root, leaf, proof)
    assert people.credits_of(people.person(2).address) == 10_000


def test_anchor__one_signature_of_two_needed__is_refused_inv_02(people: People) -> None:
    batch = people.batch(b"\x0a" * 32, 10_000)
    with pytest.raises(Reverted, match="SignaturesInsufficient"):
        people.send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch, count=1))


def test_anchor__budgets_above_the_cap__are_refused_inv_01(people: People) -> None:
    batch = people.batch(b"\x0b" * 32, 10**12 + 1)
    with pytest.raises(Reverted, match="CapExceeded"):
        people.send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch))


def test_retire__with_a_receipt__issues_it_once_and_to_nobody_who_did_not_ask_inv_06(people: People) -> None:
    people.mint(21, 100_000)
    receipts, person = "RetirementReceipts", people.person(21).address
    words = {"classId": CLASS_ID, "amountGco2e": 5_000, "purpose": "self", "ref": bytes(32)}
    retire = {"account": person, "beneficiary": person, **words}

    [issued] = people.events(people.retire_with_receipt(21, retire), receipts, "Transfer")
    token = issued["args"]["tokenId"]
    owner = people.contracts.named(receipts).functions.ownerOf(token).call()
    assert (people.credits_of(person), owner) == (95_000, person)
    terms, signature, _ = people.receipt_call(21, retire | {"number": next(people.numbers), "deadline": FAR})
    with pytest.raises(Reverted, match="ReceiptNotSigned"):
        people.send(receipts, "retireBySig", terms, signature, signature)
    with pytest.raises(Reverted, match="ReceiptLocked"):
        people.send(receipts, "transferFrom", person, people.person(22).address, token)
    assert people.credits_of(person) == 95_000


def test_settle__good_and_bad_matches__fills_the_good_and_says_why_not_the_bad_inv_07(people: People) -> None:
    people.mint(10, 50_000)
    people.approve(10, "Exchange")
    people.pay(11, 10**9)
    seller, buyer = people.person(10).address, people.person(11).address
    recipient = dev_signer(DevRole.FEE_RECIPIENT).address
    fees_before = people.money_of(recipient)
    buy, sell = people.order(11, Side.BUY, 30, 1000), people.order(10, Side.SELL, 40, 900)
    poor = people.order(12, Side.BUY, 5, 1000)
    expired = people.order(11, Side.BUY, 5, 1000, expiry=1)
    orders = [(11, buy), (10, sell), (12, poor), (11, expired)]
    receipt = people.settle(orders, [(0, 1, 30, 950), (2, 1, 5, 950), (3, 1, 5, 950), (0, 1, 1, 950), (0, 1, 0, 950)])

    filled = people.events(receipt, "Exchange", "Filled")
    skipped = people.events(receipt, "Exchange", "Skipped")
    assert [(f["args"]["lots"], f["args"]["buyLeftGco2e"], f["args"]["sellLeftGco2e"]) for f in filled] == [
        (30, 0, 10_000)
    ]
    assert [(s["args"]["index"], reason_name(s["args"]["reason"])) for s in skipped] == [
        (1, "PaymentFailed"),
        (2, "OrderExpired"),
        (3, "OrderFilled"),
        (4, "LotsZero"),
    ]
    cost, fee = 30 * 950, 30 * 950 * 30 // 10_000
    assert people.credits_of(buyer) == 30_000
    assert people.credits_of(seller) == 20_000
    assert people.money_of(seller) == cost - fee
    assert people.money_of(buyer) == 10**9 - cost - fee
    assert people.money_of(recipient) - fees_before == 2 * fee
    exchange = people.contracts.exchange.address
    assert (people.credits_of(exchange), people.money_of(exchange)) == (0, 0)


def test_settle__by_anybody_but_the_operator__is_refused_inv_08(people: People) -> None:
    orders = [(11, people.order(11, Side.BUY, 1, 10)), (10, people.order(10, Side.SELL, 1, 10))]
    with pytest.raises(Reverted, match="NotOperator"):
        people.settle(orders, [(0, 1, 1, 10)], by=DevRole.REGISTRAR)


def test_settle__cancelled_by_signature__is_skipped_inv_04(people: People) -> None:
    people.mint(13, 20_000)
    people.approve(13, "Exchange")
    people.pay(14, 10**6)
    buy, sell = people.order(14, Side.BUY, 2, 100), people.order(13, Side.SELL, 2, 100)
    domain = people.contracts.deployment.domain("Exchange")
    cancel = {"maker": sell.maker, "number": sell.number, "deadline": FAR}
    people.send("Exchange", "cancelBySig", *cancel.values(), sign(people.person(13), "Cancel", domain, cancel))
    receipt = people.settle([(14, buy), (13, sell)], [(0, 1, 2, 100)])
    assert [reason_name(s["args"]["reason"]) for s in people.events(receipt, "Exchange", "Skipped")] == [
        "OrderCancelled"
    ]


def test_retire_and_donate__signed_by_the_person__are_relayed_inv_06(people: People) -> None:
    people.mint(20, 100_000)
    person = people.person(20)
    credit_domain = people.contracts.deployment.domain("CarbonCredit")
    retire = {
        "account": person.address,
        "beneficiary": person.address,
        "classId": CLASS_ID,
        "amountGco2e": 30_000,
        "purpose": "self",
        "ref": bytes(32),
        "number": 7,
        "deadline": FAR,
    }
    signature = sign(person, "Retire", credit_domain, retire)
    people.send("CarbonCredit", "retireBySig", *retire.values(), signature)
    assert people.contracts.credit.functions.retiredOf(person.address, CLASS_ID).call() == 30_000
    with pytest.raises(Reverted, match="NumberAlreadyUsed"):
        people.send("CarbonCredit", "retireBySig", *retire.values(), signature)

    campaign_id = people.open_campaign(
        DevRole.AID_CHARITY, seconds=86_400, target_gco2e=50_000, story=b"\x05" * 32, kind=CampaignKind.AID
    )
    people.approve(20, "Charity")
    donate = {
        "donor": person.address,
        "campaignId": campaign_id,
        "classId": CLASS_ID,
        "amountGco2e": 50_000,
        "receipt": True,
        "number": 8,
        "deadline": FAR,
    }
    domain = people.contracts.deployment.domain("Charity")
    people.send("Charity", "donateBySig", *donate.values(), sign(person, "Donate", domain, donate))
    people.grant(campaign_id, [20_000, 60_000], [b"\x11" * 32, b"\x12" * 32])
    charity = people.contracts.charity.functions
    receipt = campaign_id << 192 | CLASS_ID << 64 | 1
    assert charity.ownerOf(receipt).call() == person.address
    assert charity.receiptOf(receipt).call()[3] == 50_000
    assert charity.heldOf(campaign_id, CLASS_ID).call() == 30_000
    assert people.credits_of(person.address) == 20_000
    state = people.contracts.credit.functions.classOf(CLASS_ID).call()
    assert (
        sum(people.credits_of(people.person(i).address) for i in range(40)) + 30_000 + state[6] + state[4] + state[5]
        == (state[3])
    ), "INV-01: issued = held + buffer + retired + cancelled"
