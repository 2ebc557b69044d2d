"""Gas of claims and retirements, receipt gasUsed (prague, one transaction per block, accounts without code).

The baseline of a claim is a plain mint and that of a retirement a plain burn, of the library's ERC-1155 with nothing
added (contracts/mocks/PlainCredit.sol), compiled with our settings and measured in the same run. `goal` is what the
contracts must reach; a row without one is shown for scale.
"""

import tomllib
from typing import Any

import solcx
from eth_account import Account
from web3 import Web3
from web3.types import TxReceipt

from backend.chain.compile import CONTRACTS, solc_binary
from backend.chain.keccak import keccak
from backend.chain.keys import DevRole, dev_signer
from backend.chain.merkle import MerkleTree, claim_leaf
from backend.chain.typed_data import sign
from tests.benchmarks.gas_row import Row, gas_row
from tests.contract.people import CLASS_ID, FAR, People

AMOUNT_GCO2E = 10_000_000
DEPTH, DEEP = 6, 20
MANY = 50


class Batch:
    """An anchored batch in which each proof has one depth. Above 2 ** 6 leaves stand siblings of subtrees that nobody
    here claims from, as a proof of a large tree has them."""

    def __init__(self, people: People, first: int, size: int, depth: int) -> None:
        self.claims = [
            (
                people.person(index).address,
                CLASS_ID,
                AMOUNT_GCO2E,
                keccak(b"statement %d" % index),
                keccak(b"nullifier %d" % index),
            )
            for index in range(first, first + size)
        ]
        fillers = [keccak(b"filler %d %d" % (first, index)) for index in range(2**DEPTH - size)]
        self._tree = MerkleTree([*(claim_leaf(*claim) for claim in self.claims), *fillers])
        self._trunk = [keccak(b"subtree %d" % level) for level in range(DEPTH, depth)]
        self.root = self._tree.root
        for sibling in self._trunk:
            self.root = keccak(min(self.root, sibling) + max(self.root, sibling))
        batch = people.batch(self.root, 2 * size * AMOUNT_GCO2E)
        people.send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch))

    def proof(self, index: int) -> list[bytes]:
        """The siblings of one claim."""
        return [*self._tree.proof(claim_leaf(*self.claims[index])), *self._trunk]


def _settings() -> dict[str, Any]:
    profile = tomllib.loads((CONTRACTS / "foundry.toml").read_text())["profile"]["default"]
    return {
        "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
        "viaIR": profile["via_ir"],
        "evmVersion": profile["evm_version"],
        "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
    }


class PlainCredit:
    """The library's token, deployed beside ours; its caller is the registrar."""

    def __init__(self, w3: Web3) -> None:
        self._w3, self._signer = w3, dev_signer(DevRole.REGISTRAR)
        path = CONTRACTS / "mocks" / "PlainCredit.sol"
        request = {
            "language": "Solidity",
            "sources": {path.name: {"content": path.read_text()}},
            "settings": _settings(),
        }
        answer = solcx.compile_standard(request, solc_binary=str(solc_binary()))
        compiled = answer["contracts"][path.name][path.stem]
        abi, bytecode = compiled["abi"], compiled["evm"]["bytecode"]["object"]
        deployed = self._send(w3.eth.contract(abi=abi, bytecode=bytecode).constructor())
        self._contract = w3.eth.contract(Web3.to_checksum_address(deployed["contractAddress"] or ""), abi=abi)

    def _send(self, call: Any) -> TxReceipt:
        sender = Web3.to_checksum_address(self._signer.address)
        nonce = self._w3.eth.get_transaction_count(sender)
        transaction = call.build_transaction({"from": sender, "gas": 5_000_000, "nonce": nonce})
        raw = Account.sign_transaction(transaction, self._signer.key).raw_transaction
        return self._w3.eth.wait_for_transaction_receipt(self._w3.eth.send_raw_transaction(raw), poll_latency=0.02)

    def mint(self, account: str) -> int:
        """Gas of a mint."""
        call = self._contract.functions.mint(account, CLASS_ID, AMOUNT_GCO2E)
        return int(self._send(call)["gasUsed"])

    def burn(self) -> int:
        """Gas of burning a part of what the caller holds."""
        self.mint(Web3.to_checksum_address(self._signer.address))
        return int(self._send(self._contract.functions.burn(CLASS_ID, 1_000))["gasUsed"])


def _retirements(people: People) -> dict[str, int]:
    """A second retirement for oneself: sent by the holder, and relayed under a number in a used word."""
    holder = dev_signer(DevRole.REGISTRAR).address
    people.mint_to(holder, AMOUNT_GCO2E)
    found: dict[str, int] = {}
    for _ in range(2):
        receipt = people.send(
            "CarbonCredit", "retire", CLASS_ID, 1_000, holder, "own-deficit", keccak(b"ref"), by=DevRole.REGISTRAR
        )
        found["retire for oneself, again"] = int(receipt["gasUsed"])
    person, domain = people.person(900), people.contracts.deployment.domain("CarbonCredit")
    people.mint_to(person.address, AMOUNT_GCO2E)
    for number in range(2):
        message: dict[str, object] = {
            "account": person.address,
            "beneficiary": person.address,
            "classId": CLASS_ID,
            "amountGco2e": 1_000,
            "purpose": "own-deficit",
            "ref": keccak(b"ref %d" % number),
            "number": number,
            "deadline": FAR,
        }
        signature = sign(person, "Retire", domain, message)
        receipt = people.send("CarbonCredit", "retireBySig", *message.values(), signature)
        found["retire by signature, again"] = int(receipt["gasUsed"])
    return found


def _claims(people: People) -> dict[str, int]:
    """One at each depth, and many at once; all to holders of nothing, in a class that minted before."""
    people.mint(800, AMOUNT_GCO2E)
    found: dict[str, int] = {}
    for depth, first in ((DEPTH, 100), (DEEP, 200)):
        batch = Batch(people, first, 2, depth)
        for index in range(2):
            receipt = people.send("Issuance", "claim", batch.root, batch.claims[index], batch.proof(index))
            found[f"claim one, depth {depth}, new holder"] = int(receipt["gasUsed"])
    for depth, first in ((DEPTH, 300), (DEEP, 400)):
        batch = Batch(people, first, MANY, depth)
        proofs = [batch.proof(index) for index in range(MANY)]
        receipt = people.send("Issuance", "claimMany", [batch.root] * MANY, batch.claims, proofs)
        assert len(people.events(receipt, "CarbonCredit", "Issued")) == MANY
        found[f"claim {MANY} at once, depth {depth}, each"] = int(receipt["gasUsed"]) // MANY
    return found


GOALS = {
    f"claim one, depth {DEPTH}, new holder": 100_000,
    f"claim {MANY} at once, depth {DEPTH}, each": 75_000,
    "retire for oneself, again": 70_000,
}


def measure(people: People) -> list[Row]:
    """One row per act: gas, against the bare token's own mint or burn."""
    plain = PlainCredit(people.w3)
    mint, burn = plain.mint(people.person(1_000).address), plain.burn()
    found = [gas_row(name, gas, mint, GOALS.get(name)) for name, gas in _claims(people).items()]
    return found + [gas_row(name, gas, burn, GOALS.get(name)) for name, gas in _retirements(people).items()]
