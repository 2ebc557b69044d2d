"""A story on a real chain that leaves every event the contracts know, good and bad outcomes alike."""

from dataclasses import dataclass, field
from typing import Any

from web3 import Web3

from backend.chain.class_id import pack
from backend.chain.keys import DevRole, Signer, dev_signer
from backend.chain.merkle import MerkleTree, claim_leaf
from backend.chain.settle_batch import BatchMatch, encode
from backend.chain.typed_data import sign
from backend.giving.kinds import CampaignKind, Funding
from backend.market.order import Action, Side
from tests.contract.people import CLASS_ID, FAR, GAS, People

OTHER_CLASS = pack("CN-SC", 2025, "SIM")
DAY_S = 24 * 3_600
OWN_SPACE = 1 << 255

FORWARDER = bytes.fromhex("602036038060206000376000600082600060006000355af160205760006000fd5b00")
"""Code that calls the address in its first calldata word with the rest of its calldata, and reverts if that fails."""

YES_WALLET = bytes.fromhex("631626ba7e60e01b60005260206000f3")
"""Code of a wallet that finds every signature valid (EIP-1271)."""


@dataclass
class Story:
    """The cast: persons 0.. of `people`; each chapter can be told alone, in order."""

    people: People
    signed_numbers: int = field(default=1_000)

    @property
    def w3(self) -> Web3:
        return self.people.w3

    def _signed_act(self, contract: str, type_name: str, person: Signer, message: dict[str, Any]) -> None:
        """Signs an act with a fresh number and relays it."""
        self.signed_numbers += 1
        message |= {"number": self.signed_numbers, "deadline": FAR}
        domain = self.people.contracts.deployment.domain(contract)
        function = type_name[0].lower() + type_name[1:] + "BySig"
        self.people.send(contract, function, *message.values(), sign(person, type_name, domain, message))

    def pass_time(self, seconds: int) -> None:
        self.w3.provider.make_request("evm_increaseTime", [seconds])  # type: ignore[arg-type]  # web3 lists no test methods
        self.w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]  # as above

    def now(self) -> int:
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def issue(self) -> None:
        """Two batches: claims one by one, many at once, and four that are skipped."""
        people = self.people
        leaves = [people.claim(index, 100_000) for index in range(6)]
        tree = MerkleTree([claim_leaf(*leaf) for leaf in leaves])
        batch = people.batch(tree.root, 1_000_000) | {"people": 6, "footprintsGco2e": 77, "deficitsGco2e": 5}
        people.send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch))
        proofs = [tree.proof(claim_leaf(*leaf)) for leaf in leaves]
        people.send("Issuance", "claim", tree.root, leaves[0], proofs[0])
        forged = (*leaves[5][:2], 900_000, *leaves[5][3:])
        rows = [
            *((tree.root, leaves[index], proofs[index]) for index in range(1, 5)),
            (tree.root, leaves[1], proofs[1]),
            (tree.root, forged, proofs[5]),
            (b"\x77" * 32, leaves[5], proofs[5]),
        ]
        people.send("Issuance", "claimMany", *(list(column) for column in zip(*rows, strict=True)))
        other = [people.claim(index, 50_000, OTHER_CLASS) for index in (0, 6)]
        tree = MerkleTree([claim_leaf(*leaf) for leaf in other])
        batch = people.batch(tree.root, 200_000, OTHER_CLASS)
        people.send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch, count=3))
        people.send("Issuance", "claim", tree.root, other[0], tree.proof(claim_leaf(*other[0])))
        people.send("CarbonCredit", "suspendRoot", tree.root, True, by=DevRole.REGISTRAR)
        suspended = [[tree.root], [other[1]], [tree.proof(claim_leaf(*other[1]))]]
        people.send("Issuance", "claimMany", *suspended)
        people.send("CarbonCredit", "suspendRoot", tree.root, False, by=DevRole.REGISTRAR)
        people.send("Issuance", "claimMany", *suspended)

    def issue_simply(self) -> None:
        """Credits for the sellers, and the campaign that a gift is for, of one class."""
        for index in range(3):
            self.people.mint(index, 100_000)
        self.open_campaigns()

    def open_campaigns(self) -> None:
        """1 and 4: pools that keep what they raise; 2: aid that keeps; 3: all or nothing, which will fail."""
        pool, aid, opens = DevRole.POOL_CHARITY, DevRole.AID_CHARITY, self.people.open_campaign
        opens(pool, seconds=30 * DAY_S, target_gco2e=10_000, story=b"\x21" * 32)
        opens(aid, seconds=30 * DAY_S, target_gco2e=10_000, story=b"\x22" * 32, kind=CampaignKind.AID)
        opens(pool, seconds=DAY_S, target_gco2e=10**9, story=b"\x23" * 32, funding=Funding.ALL_OR_NOTHING)
        opens(pool, seconds=60 * DAY_S, target_gco2e=10**9, story=b"\x24" * 32)

    def trade(self) -> None:
        """Fills that hold, retire and donate; partial fills; cancellations; skips of every kind a book can cause."""
        people = self.people
        for seller in (0, 1, 2):
            people.approve(seller, "Exchange")
        for buyer in (7, 8, 9):
            people.pay(buyer, 10**9)
        sell = people.order(0, Side.SELL, 60, 900)
        hold = people.order(7, Side.BUY, 30, 1_000)
        retire = people.order(
            8, Side.BUY, 10, 950, action=Action.RETIRE, ref=b"\x31" * 32, beneficiary=people.person(5).address
        )
        gift = people.order(9, Side.BUY, 10, 990, action=Action.DONATE, ref=(2).to_bytes(32))
        orders = [(0, sell), (7, hold), (8, retire), (9, gift)]
        people.settle(orders, [(1, 0, 20, 950), (2, 0, 10, 900), (3, 0, 10, 990)])
        people.settle(orders[:2], [(1, 0, 10, 1_000), (1, 0, 1, 1_000)])

        self._cancel()
        second = people.order(1, Side.SELL, 50, 500)
        lone = people.order(10, Side.BUY, 5, 600)
        expired = people.order(7, Side.BUY, 5, 600, expiry=1)
        taken = people.order(7, Side.BUY, 7, 600, number=second.number)
        cheap = people.order(8, Side.BUY, 5, 400)
        frugal = people.order(8, Side.BUY, 5, 600, max_fee_bps=1)
        good = people.order(8, Side.BUY, 5, 600)
        rows = [(1, second), (10, lone), (7, expired), (8, cheap), (8, frugal), (8, good)]
        matches = [(5, 0, 2, 550), *((buy, 0, 1, 550) for buy in range(1, 5)), (5, 0, 0, 550), (0, 5, 1, 550)]
        people.settle(rows, [*matches, (5, 0, 9, 550), (5, 0, 3, 501)])
        other, keen = people.order(1, Side.SELL, 9, 500), people.order(8, Side.BUY, 9, 600)
        together = [(1, 0, 3, 500, 1), (1, 0, 4, 510, 1), (2, 0, 1, 550, 2), (1, 0, 1, 520, 2)]
        people.settle([(1, other), (8, keen), (7, taken)], together)

        own = [
            people.order(1, Side.SELL, 4, 500, number=OWN_SPACE | 5),
            people.order(9, Side.BUY, 4, 700, number=OWN_SPACE | 5),
        ]
        people.settle([(1, own[0]), (9, own[1])], [(1, 0, 4, 600)], by=DevRole.REGISTRAR)

    def _cancel(self) -> None:
        people = self.people
        domain = people.contracts.deployment.domain("Exchange")
        sell, buy = people.order(2, Side.SELL, 3, 100), people.order(7, Side.BUY, 3, 100)
        cancel: dict[str, object] = {"maker": sell.maker, "number": sell.number, "deadline": FAR}
        people.send("Exchange", "cancelBySig", *cancel.values(), sign(people.person(2), "Cancel", domain, cancel))
        people.settle([(2, sell), (7, buy)], [(1, 0, 3, 100)])
        later = people.order(2, Side.SELL, 3, 100)
        everything: dict[str, object] = {"maker": sell.maker, "epoch": 0, "deadline": FAR}
        signature = sign(people.person(2), "CancelAll", domain, everything)
        people.send("Exchange", "cancelAllBySig", *everything.values(), signature)
        people.settle([(2, later), (7, buy)], [(1, 0, 3, 100)])
        fresh = people.order(2, Side.SELL, 3, 100, epoch=1)
        people.settle([(2, fresh), (7, buy)], [(1, 0, 3, 100)])
        people.send("Exchange", "cancel", 99, by=DevRole.REGISTRAR)
        people.send("Exchange", "cancelAll", by=DevRole.REGISTRAR)

    def give(self) -> None:
        """Gifts to each campaign; retirement, grants with skips, a failed campaign refunded with a skip."""
        people, send = self.people, self.people.send
        for index, campaign_id in ((1, 1), (2, 2), (3, 3), (4, 3), (4, 4)):
            people.approve(index, "Charity")
            person = people.person(index)
            gift = {"donor": person.address, "campaignId": campaign_id, "classId": CLASS_ID, "amountGco2e": 20_000}
            self._signed_act("Charity", "Donate", person, gift | {"receipt": index == 1})
        person = people.person(1)
        retire = {
            "account": person.address,
            "beneficiary": person.address,
            "classId": CLASS_ID,
            "amountGco2e": 1_000,
            "purpose": "self",
            "ref": b"\x41" * 32,
        }
        self._signed_act("CarbonCredit", "Retire", person, retire)
        self._retire_with_receipts(retire)
        move = {"from": person.address, "to": people.person(11).address, "classId": CLASS_ID, "amountGco2e": 2_000}
        self._signed_act("CarbonCredit", "Transfer", person, move)
        people.retire_early(1, 5_000)
        amounts, refs = [3_000, 4_000, 10**9, 1], [b"\x51" * 32, b"\x52" * 32, b"\x53" * 32, b"\x51" * 32]
        people.grant(2, amounts, refs)
        self._pledge()
        self.pass_time(DAY_S)
        send("Charity", "finalise", 3)
        donors = [people.person(3).address, people.person(9).address]
        send("Charity", "refund", 3, CLASS_ID, donors)
        self.pass_time(30 * DAY_S)
        send("Charity", "finalise", 1)
        send("Charity", "retireHeld", 1, CLASS_ID, 2_000)
        self._delist()

    def _retire_with_receipts(self, retire: dict[str, Any]) -> None:
        """Two by person 1's signatures, for itself and for another; one by the registrar's own transaction."""
        people, person, registrar = self.people, self.people.person(1), dev_signer(DevRole.REGISTRAR)
        for beneficiary in (person.address, people.person(5).address):
            people.retire_with_receipt(1, retire | {"beneficiary": beneficiary})
        people.mint_to(registrar.address, 1_000)
        receipts = people.contracts.named("RetirementReceipts").address
        people.send("CarbonCredit", "setApprovalForAll", receipts, True, by=DevRole.REGISTRAR)
        words = [CLASS_ID, 400, registrar.address, "self", bytes(32)]
        people.send("RetirementReceipts", "retire", *words, by=DevRole.REGISTRAR)

    def _pledge(self) -> None:
        """A tenth of what person 0 sold, drawn twice, voided; all that is left, of another."""
        people, now = self.people, self.now()
        domain = people.contracts.deployment.domain("Charity")
        for index, share_bps, draws in ((0, 1_000, (1_000, 500)), (2, 10_000, (700,))):
            people.approve(index, "Charity")
            pledge = {
                "donor": people.person(index).address,
                "campaignId": 1,
                "classId": CLASS_ID,
                "shareBps": share_bps,
                "maxAmountGco2e": 5_000,
                "start": now - 30 * DAY_S if index == 0 else now,
                "expiry": FAR,
                "number": 7_000,
            }
            signature = sign(people.person(index), "Pledge", domain, pledge)
            for amount in draws:
                people.send("Charity", "drawPledge", tuple(pledge.values()), amount, signature)
        word: dict[str, object] = {"account": people.person(0).address, "number": 7_000, "deadline": FAR}
        people.send("Charity", "useNumberBySig", *word.values(), sign(people.person(0), "UseNumber", domain, word))

    def _delist(self) -> None:
        """Campaign 4 spends a part, closes early, its charity is delisted: donors share what is left."""
        people, send = self.people, self.people.send
        donors = [people.person(4), people.person(9)]
        people.retire_early(4, 7_001)
        people.close_early(DevRole.POOL_CHARITY, 4)
        pool = dev_signer(DevRole.POOL_CHARITY).address
        send("Charity", "delistCharity", pool, by=DevRole.REGISTRAR)
        send("Charity", "finalise", 4)
        direction = {"donor": donors[0].address, "to": people.person(11).address}
        self._signed_act("Charity", "RefundTo", donors[0], direction)
        send("Charity", "refund", 4, CLASS_ID, [donor.address for donor in donors])
        second = dev_signer(DevRole.POOL_CHARITY_SECOND).address
        send("Charity", "listCharity", pool, second, by=DevRole.REGISTRAR)

    def govern(self) -> None:
        """Reversals and the buffer, pauses, anchors, verifiers, a delayed act of the governor, spent numbers."""
        people, send = self.people, self.people.send
        send("CarbonCredit", "recordReversal", CLASS_ID, 6_000, b"\x61" * 32, by=DevRole.REGISTRAR)
        stopped = people.claim(12, 10_000)
        tree = MerkleTree([claim_leaf(*stopped)])
        batch = people.batch(tree.root, 20_000)
        send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch))
        send("Issuance", "claimMany", [tree.root], [stopped], [[]])
        self.pass_time(3_600)
        send("CarbonCredit", "cancelFromBuffer", CLASS_ID, 2_000)
        send("CarbonCredit", "cancelFromBuffer", CLASS_ID, 4_000)
        send("Issuance", "claimMany", [tree.root], [stopped], [[]])
        people.mint_to(dev_signer(DevRole.REGISTRAR).address, 30_000)
        send("CarbonCredit", "refillBuffer", CLASS_ID, 1_000, by=DevRole.REGISTRAR)
        send(
            "CarbonCredit", "retire", CLASS_ID, 500, people.person(1).address, "event", bytes(32), by=DevRole.REGISTRAR
        )
        registrar, receiver = dev_signer(DevRole.REGISTRAR).address, people.person(12).address
        send("CarbonCredit", "safeTransferFrom", registrar, receiver, CLASS_ID, 700, b"", by=DevRole.REGISTRAR)
        batch_move = [registrar, receiver, [CLASS_ID, CLASS_ID], [10, 20], b""]
        send("CarbonCredit", "safeBatchTransferFrom", *batch_move, by=DevRole.REGISTRAR)
        send("CarbonCredit", "setApprovalForAll", receiver, True, by=DevRole.REGISTRAR)
        send("CarbonCredit", "useNumber", 42, by=DevRole.REGISTRAR)
        send("Charity", "useNumber", 43, by=DevRole.REGISTRAR)
        for contract in ("Issuance", "Exchange", "Charity"):
            send(contract, "pause", by=DevRole.PAUSER)
            send(contract, "unpause", by=DevRole.PAUSER)
        send("Anchors", "publish", b"\x71" * 32, self.now() // DAY_S, b"\x72" * 32)
        send("PaymentToken", "transfer", people.contracts.exchange.address, 5, by=DevRole.FEE_RECIPIENT)
        send("Issuance", "removeVerifier", dev_signer(DevRole.VERIFIER_C).address, by=DevRole.REGISTRAR)
        self._set_fee(40)

    def _set_fee(self, fee_bps: int) -> None:
        """A governor's act: announced, then done after its delay."""
        send, exchange = self.people.send, self.people.contracts.exchange.address
        calldata = self.people.contracts.encode("Exchange", "setFee", [fee_bps])
        send("Governance", "schedule", exchange, calldata, 0, by=DevRole.GOVERNOR)
        self.pass_time(2 * DAY_S)
        send("Governance", "execute", exchange, calldata, by=DevRole.GOVERNOR)
        send("Governance", "schedule", exchange, calldata, 0, by=DevRole.GOVERNOR)

    def deploy_code(self, runtime: bytes) -> str:
        """A contract with this runtime code."""
        creation = bytes.fromhex(f"60{len(runtime):02x}600c60003960{len(runtime):02x}6000f3") + runtime
        sent = self.w3.eth.send_transaction({"from": self.w3.eth.accounts[0], "data": creation})
        return str(self.w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.02)["contractAddress"])

    def through_a_contract(self) -> None:
        """Own-space orders settled, a claim made, a receipt issued, by a contract that anybody called."""
        people = self.people
        forwarder = self.deploy_code(FORWARDER)
        people.mint(13, 50_000)
        people.approve(13, "Exchange")
        people.pay(14, 10**9)
        sell = people.order(13, Side.SELL, 6, 100, number=OWN_SPACE | 1)
        buy = people.order(14, Side.BUY, 6, 100, number=OWN_SPACE | 1)
        orders = [(buy.message(), people.signature(14, buy)), (sell.message(), people.signature(13, sell))]
        pair = encode(orders, [BatchMatch(0, 1, 6, 100)])
        self._forward(forwarder, "Exchange", people.contracts.encode("Exchange", "settle", [pair]))
        leaf = people.claim(15, 10_000)
        tree = MerkleTree([claim_leaf(*leaf)])
        batch = people.batch(tree.root, 20_000)
        call = people.contracts.encode("Issuance", "anchorBatch", [tuple(batch.values()), people.approvals(batch)])
        self._forward(forwarder, "Issuance", call)
        self._forward(forwarder, "Issuance", people.contracts.encode("Issuance", "claim", [tree.root, leaf, []]))
        holder = people.person(15).address
        retire = {"account": holder, "beneficiary": holder, "classId": CLASS_ID, "amountGco2e": 300, "purpose": "self"}
        asked = people.receipt_call(15, retire | {"ref": bytes(32), "number": next(people.numbers), "deadline": FAR})
        receipt = people.contracts.encode("RetirementReceipts", "retireBySig", list(asked))
        self._forward(forwarder, "RetirementReceipts", receipt)

    def _forward(self, forwarder: str, contract: str, calldata: bytes) -> None:
        target = bytes.fromhex(self.people.contracts.named(contract).address.removeprefix("0x")).rjust(32, b"\0")
        account = self.w3.eth.accounts[0]
        sent = self.w3.eth.send_transaction(
            {"from": account, "to": Web3.to_checksum_address(forwarder), "data": target + calldata, "gas": GAS}
        )
        assert self.w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.02)["status"] == 1

    def wallet_contract(self) -> None:
        """A maker whose account has wallet code that says yes to a signature no key made."""
        people = self.people
        people.mint(16, 50_000)
        people.approve(16, "Exchange")
        sell, buy = people.order(16, Side.SELL, 3, 100), people.order(7, Side.BUY, 3, 100)
        maker = people.person(16).address
        self.w3.provider.make_request("anvil_setCode", [maker, "0x" + YES_WALLET.hex()])  # type: ignore[arg-type]  # as above
        orders = [(buy.message(), people.signature(7, buy)), (sell.message(), b"\x01" * 65)]
        people.send("Exchange", "settle", encode(orders, [BatchMatch(0, 1, 3, 100)]))

    def tell(self) -> None:
        """All of it."""
        self.issue()
        self.open_campaigns()
        self.trade()
        self.give()
        self.govern()
        self.through_a_contract()
        self.wallet_contract()
