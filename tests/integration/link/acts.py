"""Real acts on the deployed contracts, sent directly by funded development accounts: history for the index."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random  # noqa: TID251 - seeded

from eth_account import Account
from hexbytes import HexBytes
from web3 import Web3
from web3.logs import DISCARD
from web3.types import TxReceipt

from backend.chain.class_id import pack
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import PERSON_FIRST, DevRole, Signer, dev_signer
from backend.chain.merkle import MerkleTree, claim_leaf
from backend.chain.settle_batch import BatchMatch, encode
from backend.chain.typed_data import sign
from backend.kernel.digest import sha256
from backend.kernel.mass import UINT256_MAX
from tests.integration.link.counter import mined

CLASS = pack("US-CA", 2025, "SIM")
OTHER_CLASS = pack("CN-SC", 2025, "SIM")
FAR = 4_000_000_000
PRICE_PER_KG = 60_000
FEE_BPS_MAX = 100
GRANT_GCO2E = 50_000


def person(index: int) -> Signer:
    return dev_signer(PERSON_FIRST + index)


@dataclass
class Acts:
    """Persons 0 and 1 buy, 2 and 3 sell. Everybody sends for themselves."""

    w3: Web3
    deployment: Deployment
    contracts: Contracts = field(init=False)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.contracts = Contracts(self.w3, self.deployment)
        for index in range(4):
            self.rpc("anvil_setBalance", person(index).address, hex(10**20))

    def rpc(self, method: str, *arguments: object) -> object:
        answer = self.w3.provider.make_request(method, list(arguments))  # type: ignore[arg-type] # not a typed method
        assert "error" not in answer, answer
        return answer["result"]

    def send(self, signer: Signer, contract: str, function: str, *args: object) -> TxReceipt:
        """One transaction, mined and not reverted."""
        return self.done(self.submit(signer, contract, function, *args), function)

    def done(self, tx_hash: HexBytes, what: str) -> TxReceipt:
        receipt = mined(self.w3, tx_hash)
        assert receipt["status"] == 1, what
        return receipt

    def submit(self, signer: Signer, contract: str, function: str, *args: object) -> HexBytes:
        return self.w3.eth.send_raw_transaction(self.signed(signer, self.nonce(signer), contract, function, *args))

    def nonce(self, signer: Signer) -> int:
        return self.w3.eth.get_transaction_count(Web3.to_checksum_address(signer.address))

    def signed(self, signer: Signer, nonce: int, contract: str, function: str, *args: object) -> bytes:
        """The bytes of one transaction, not sent."""
        signed = Account.sign_transaction(
            {
                "type": 2,
                "chainId": 31337,
                "nonce": nonce,
                "to": self.deployment.address(contract),
                "value": 0,
                "data": self.contracts.encode(contract, function, list(args)),
                "gas": 3_000_000,
                "maxFeePerGas": 10 * 10**9,
                "maxPriorityFeePerGas": 10**9,
            },
            signer.key,
        )
        return bytes(signed.raw_transaction)

    def issue(self, accounts: list[str], amount_gco2e: int, class_id: int = CLASS) -> None:
        """Anchors a batch signed by two verifiers and claims every leaf."""
        salt = next(self.numbers).to_bytes(32) + self.w3.eth.get_block("latest")["hash"]
        claims = [
            (account, class_id, amount_gco2e, sha256(salt + b"s" + account.encode()), sha256(salt + account.encode()))
            for account in accounts
        ]
        tree = MerkleTree([claim_leaf(*claim) for claim in claims])
        surplus = 2 * amount_gco2e * len(accounts)
        batch: dict[str, object] = {
            "classId": class_id,
            "root": tree.root,
            "people": len(accounts),
            "budgetsGco2e": 2 * surplus,
            "footprintsGco2e": surplus,
            "surplusesGco2e": surplus,
            "deficitsGco2e": 0,
            "policyDigest": sha256(b"policy"),
            "factorsDigest": sha256(b"factors"),
            "deadline": FAR,
        }
        verifiers = sorted(
            (dev_signer(role) for role in (DevRole.VERIFIER_A, DevRole.VERIFIER_B)),
            key=lambda signer: int(signer.address, 16),
        )
        signatures = [sign(signer, "Batch", self.deployment.domain("Issuance"), batch) for signer in verifiers]
        operator = dev_signer(DevRole.OPERATOR)
        self.send(operator, "Issuance", "anchorBatch", tuple(batch.values()), signatures)
        for claim in claims:
            proof = tree.proof(claim_leaf(*claim))
            self.send(operator, "Issuance", "claim", tree.root, claim, proof)

    def pay_in(self, account: str, amount: int) -> None:
        self.send(dev_signer(DevRole.OPERATOR), "PaymentToken", "mint", account, amount)

    def approve(self, signer: Signer, amount: int) -> None:
        self.send(signer, "PaymentToken", "approve", self.deployment.address("Exchange"), amount)

    def approve_credits(self, signer: Signer, *, approved: bool = True, operator: str = "Exchange") -> None:
        self.send(signer, "CarbonCredit", "setApprovalForAll", self.deployment.address(operator), approved)

    def trade(self, buyer: Signer, seller: Signer, lots: int, action: str = "hold") -> TxReceipt:
        """One match at the going price, each side with an order twice as large."""
        orders = [self._order(buyer, "buy", lots, action), self._order(seller, "sell", lots, "hold")]
        domain = self.deployment.domain("Exchange")
        signed = [
            (order, sign(who, "Order", domain, order)) for who, order in zip((buyer, seller), orders, strict=True)
        ]
        batch = encode(signed, [BatchMatch(0, 1, lots, PRICE_PER_KG)])
        receipt = self.send(dev_signer(DevRole.OPERATOR), "Exchange", "settle", batch)
        assert len(self.contracts.exchange.events.Filled().process_receipt(receipt, errors=DISCARD)) == 1
        return receipt

    def _order(self, maker: Signer, side: str, lots: int, action: str) -> dict[str, object]:
        return {
            "maker": maker.address,
            "beneficiary": maker.address,
            "classId": CLASS,
            "side": side,
            "amountGco2e": 2 * lots * 1000,
            "pricePerKg": PRICE_PER_KG,
            "maxFeeBps": FEE_BPS_MAX,
            "expiry": FAR,
            "number": next(self.numbers) + 1000 * self.w3.eth.block_number,
            "epoch": self.contracts.exchange.functions.epochOf(maker.address).call(),
            "action": action,
            "ref": bytes(32),
        }

    def equip(self) -> None:
        """Buyers get money and allow it, finite and without limit; sellers get credits of two classes and approve."""
        for index, allowed in ((0, 5_000_000), (1, UINT256_MAX)):
            self.pay_in(person(index).address, 100_000_000)
            self.approve(person(index), allowed)
        self.issue([person(2).address, person(3).address], GRANT_GCO2E)
        self.issue([person(2).address], GRANT_GCO2E, OTHER_CLASS)
        for index in (2, 3):
            self.approve_credits(person(index))

    def year(self) -> None:
        """Every kind of event that a projection of the link follows."""
        self.equip()
        buyer, other_buyer, seller, other_seller = (person(index) for index in range(4))
        self.trade(buyer, seller, 3)
        self.trade(buyer, other_seller, 2)
        self.trade(other_buyer, seller, 4)
        self.trade(buyer, seller, 1, action="retire")
        self.send(buyer, "CarbonCredit", "retire", CLASS, 1000, seller.address, "gift", sha256(b"deficit"))
        self.send(
            seller,
            "CarbonCredit",
            "safeBatchTransferFrom",
            seller.address,
            other_seller.address,
            [CLASS, OTHER_CLASS],
            [1500, 2500],
            b"",
        )
        self.send(seller, "CarbonCredit", "safeTransferFrom", seller.address, seller.address, CLASS, 700, b"")
        self.send(seller, "CarbonCredit", "refillBuffer", CLASS, 1200)
        self.send(dev_signer(DevRole.REGISTRAR), "CarbonCredit", "recordReversal", CLASS, 900, sha256(b"reversal"))
        self.send(buyer, "CarbonCredit", "cancelFromBuffer", CLASS, 900)
        self.send(buyer, "Exchange", "cancel", 77)
        self.send(buyer, "Exchange", "cancel", 77)
        self.send(seller, "Exchange", "cancelAll")
        self.send(seller, "Exchange", "cancelAll")
        self.send(buyer, "CarbonCredit", "useNumber", 5)
        self.send(buyer, "Charity", "useNumber", 6)
        self.send(buyer, "PaymentToken", "transfer", seller.address, 1234)
        self.approve(other_buyer, 9_000_000)
        self.trade(other_buyer, seller, 2)
        self.approve_credits(other_seller, approved=False)
        self.approve_credits(other_seller, operator="Charity")

    def at_random(self, random: Random, times: int) -> None:
        """Some acts chosen by the seed."""
        for _ in range(times):
            buyer, seller = person(random.randrange(2)), person(2 + random.randrange(2))
            match random.randrange(7):
                case 0:
                    self.trade(buyer, seller, random.randrange(1, 3))
                case 1:
                    self.send(seller, "CarbonCredit", "retire", CLASS, 1, buyer.address, "gift", bytes(32))
                case 2:
                    self.approve(buyer, random.choice([2_000_000, 50_000_000, UINT256_MAX]))
                case 3:
                    self.send(buyer, "Exchange", "cancel", random.randrange(4))
                case 4:
                    self.send(seller, "Exchange", "cancelAll")
                case 5:
                    self.approve_credits(seller, operator="Charity", approved=random.choice([True, False]))
                case _:
                    self.send(buyer, "PaymentToken", "transfer", seller.address, random.randrange(1000))
