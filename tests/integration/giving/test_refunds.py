"""Refunds to the gram: two hundred donors of a campaign that missed its target, and those of a charity that was removed
after it had spent a part.
"""

from dataclasses import replace
from typing import Any

from eth_account import Account
from web3 import Web3
from web3.types import Nonce, TxParams, Wei

from backend.chain.keys import DevRole, dev_signer
from backend.chain.merkle import MerkleTree, claim_leaf
from backend.chain.typed_data import sign
from backend.giving.kinds import Funding
from backend.giving.refund import refund_campaign
from backend.kernel.digest import sha256
from tests.contract.people import CLASS_ID, FAR, GAS
from tests.integration.giving.world import POOL_STORY, World
from tests.patience import until

DONORS = 200
FIRST = 1_000
"""Index of the first of them: nobody else's."""
CLAIMS_AT_ONCE = 50


class Crowd:
    """Many people whose acts are relayed without waiting for each one's block."""

    def __init__(self, world: World, amounts: list[int]) -> None:
        self.world, self.amounts = world, amounts
        self.people = [world.people.person(FIRST + index) for index in range(len(amounts))]
        self.operator = dev_signer(DevRole.OPERATOR)
        self.sender = Web3.to_checksum_address(self.operator.address)
        self.nonce = int(world.w3.eth.get_transaction_count(self.sender))

    def send(self, contract: str, function: str, *args: object, gas: int = 400_000) -> None:
        """Into the node's hands; who needs its effect waits for it."""
        call = self.world.contracts.named(contract).functions[function](*args)
        fees: TxParams = {"maxFeePerGas": Wei(10**11), "maxPriorityFeePerGas": Wei(1)}
        transaction = call.build_transaction({"from": self.sender, "gas": gas, "nonce": Nonce(self.nonce), **fees})
        self.nonce += 1
        signed = Account.sign_transaction(transaction, self.operator.key)
        self.world.w3.eth.send_raw_transaction(signed.raw_transaction)

    def wait(self) -> None:
        until(lambda: self.world.w3.eth.get_transaction_count(self.sender) >= self.nonce, "the crowd's transactions")

    def mint(self) -> None:
        """Each its amount, by one batch and claims of many."""
        people = self.world.people
        leaves = [
            (person.address, CLASS_ID, amount, b"\x01" * 32, next(people.numbers).to_bytes(32))
            for person, amount in zip(self.people, self.amounts, strict=True)
        ]
        hashes = [claim_leaf(*leaf) for leaf in leaves]
        tree = MerkleTree(hashes)
        batch = people.batch(tree.root, 2 * sum(self.amounts))
        people.send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch))
        self.nonce = int(self.world.w3.eth.get_transaction_count(self.sender))
        for start in range(0, len(leaves), CLAIMS_AT_ONCE):
            some = slice(start, start + CLAIMS_AT_ONCE)
            proofs = [tree.proof(leaf) for leaf in hashes[some]]
            self.send("Issuance", "claimMany", [tree.root] * len(proofs), leaves[some], proofs, gas=4 * GAS)
        self.wait()

    def give(self, campaign_id: int) -> None:
        """Each all it has, by its signature."""
        domain = self.world.contracts.deployment.domain
        charity = self.world.contracts.deployment.address("Charity")
        for person, amount in zip(self.people, self.amounts, strict=True):
            approve: dict[str, Any] = {"account": person.address, "operator": charity, "approved": True}
            approve |= {"number": next(self.world.numbers), "deadline": FAR}
            signature = sign(person, "Approve", domain("CarbonCredit"), approve)
            self.send("CarbonCredit", "approveBySig", *approve.values(), signature)
            donate: dict[str, Any] = {"donor": person.address, "campaignId": campaign_id, "classId": CLASS_ID}
            donate |= {"amountGco2e": amount, "receipt": False, "number": next(self.world.numbers), "deadline": FAR}
            self.send("Charity", "donateBySig", *donate.values(), sign(person, "Donate", domain("Charity"), donate))
        self.wait()

    def held(self) -> list[int]:
        return [self.world.people.credits_of(person.address) for person in self.people]


def totals(world: World, campaign_id: int) -> tuple[int, ...]:
    total = world.campaign(campaign_id)["total"]
    return tuple(int(total[f"{name}Gco2e"]) for name in ("donated", "held", "retired", "granted", "refunded"))


def claim(world: World, campaign_id: int, donor: str) -> tuple[int, Any]:
    answer = world.client().post(f"/campaigns/{campaign_id}/refunds", json={"donor": donor})
    world.relay()
    return answer.status_code, answer.json()


def test_target_missed__two_hundred_random_donors__get_back_every_gram(world: World) -> None:
    amounts = [1 + int.from_bytes(sha256(b"gift %d" % index)) % 50_000 for index in range(DONORS)]
    given = sum(amounts)
    crowd = Crowd(world, amounts)
    crowd.mint()
    assert crowd.held() == amounts
    story = replace(POOL_STORY, target_gco2e=given + 1)
    campaign_id = world.open(world.pool, "two hundred", story, Funding.ALL_OR_NOTHING, hours=2)
    crowd.give(campaign_id)
    world.index()
    shown = world.campaign(campaign_id)
    assert (shown["gifts"], shown["donors"], shown["progressBps"]) == (DONORS, DONORS, given * 10_000 // (given + 1))
    assert totals(world, campaign_id) == (given, given, 0, 0, 0)

    world.pass_time(2 * 3600)
    assert world.campaign(campaign_id)["phase"] == "closed"
    world.tend()
    assert world.campaign(campaign_id)["phase"] == "failed"
    with world.database.write() as session:
        assert len(refund_campaign(session, world.contracts, campaign_id, world.clock.at)) == DONORS // 50
    world.relay()

    assert crowd.held() == amounts
    assert totals(world, campaign_id) == (given, 0, 0, 0, given)
    trails = world.client().get(f"/campaigns/{campaign_id}/trails?limit=200").json()
    assert {part["fate"] for trail in trails for part in trail["parts"]} == {"refund"}


def test_target_missed__a_donor_with_a_new_wallet__gets_its_refund_there_for_ever(world: World) -> None:
    campaign_id = world.open(world.pool, "moved", POOL_STORY, Funding.ALL_OR_NOTHING, hours=1)
    donor, wallet = world.people.person(50).address, world.people.person(51).address
    world.donor(50, 5_000)
    world.give(50, campaign_id, 5_000)
    assert claim(world, campaign_id, donor)[1]["code"] == "campaign.not_failed"
    world.pass_time(3600)
    world.tend()

    message = {"donor": donor, "to": wallet, "number": next(world.numbers), "deadline": FAR}
    body = world.signed(world.people.person(50), "RefundTo", "Charity", message)
    assert world.post("/refund-wallets", body).status_code == 202
    world.relay()
    world.pass_time(5 * 365 * 86_400)
    status, [refund] = claim(world, campaign_id, donor)

    assert (status, refund["wallet"]) == (202, wallet)
    assert (world.people.credits_of(donor), world.people.credits_of(wallet)) == (0, 5_000)
    assert claim(world, campaign_id, donor)[1]["code"] == "refund.nothing_due"


def test_refund_wallet__the_charity_contract_itself__is_refused(world: World) -> None:
    charity = world.contracts.deployment.address("Charity")

    message = {"donor": world.people.person(52).address, "to": charity, "number": 1, "deadline": FAR}
    body = world.signed(world.people.person(52), "RefundTo", "Charity", message)
    answer = world.post("/refund-wallets", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "refund.wallet_wrong")


def test_charity_removed__after_it_spent_a_part__takes_no_gift_and_shares_what_is_left(world: World) -> None:
    amounts = {60: 1_000, 61: 333, 62: 6_667}
    campaign_id = world.open(world.pool, "removed", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)
    for index, amount in amounts.items():
        world.donor(index, amount + 100)
        world.give(index, campaign_id, amount)
    world.pool.retire_held("a part", campaign_id, CLASS_ID, 2_001)
    charity, second = (dev_signer(role).address for role in (DevRole.POOL_CHARITY, DevRole.POOL_CHARITY_SECOND))
    world.people.send("Charity", "delistCharity", charity, by=DevRole.REGISTRAR)
    world.index()
    try:
        assert world.campaign(campaign_id)["phase"] == "suspended"
        late = world.post("/donations", world.donate_body(60, campaign_id, 100))
        assert (late.json()["code"], late.json()["why"]) == ("campaign.not_open", "its charity is not listed any more")
        world.tend()
        shown = world.client().get(f"/charities/{charity}").json()
        assert [word["listed"] for word in shown["history"]] == [True, False]
        assert (shown["listed"], shown["secondSigner"]) == (False, None)
    finally:
        world.people.send("Charity", "listCharity", charity, second, by=DevRole.REGISTRAR)
    world.index()
    assert world.campaign(campaign_id)["phase"] == "failed"
    before = trail_of(world, campaign_id)
    for index in (62, 60, 61):
        claim(world, campaign_id, world.people.person(index).address)

    assert totals(world, campaign_id) == (8_000, 0, 2_001, 0, 5_999)
    back = {index: world.people.credits_of(world.people.person(index).address) - 100 for index in amounts}
    assert all(abs(back[index] - amount * 5_999 / 8_000) < 1 for index, amount in amounts.items())
    after = trail_of(world, campaign_id)
    for index, amount in amounts.items():
        donor = world.people.person(index).address
        assert after[donor] == {"refund": back[index], "retirement": amount - back[index]}
        assert abs(before[donor]["held"] - back[index]) <= 1


def trail_of(world: World, campaign_id: int) -> dict[str, dict[str, int]]:
    """Grams by fate, by donor."""
    found: dict[str, dict[str, int]] = {}
    for trail in world.client().get(f"/campaigns/{campaign_id}/trails").json():
        assert sum(int(part["amountGco2e"]) for part in trail["parts"]) == int(trail["gift"]["amountGco2e"])
        fates = found.setdefault(trail["gift"]["donor"], {})
        for part in trail["parts"]:
            fates[part["fate"]] = fates.get(part["fate"], 0) + int(part["amountGco2e"])
    return found
