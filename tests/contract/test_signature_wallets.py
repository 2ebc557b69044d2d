"""Who may sign besides a plain key: wallets (EIP-1271), keys with delegated code (EIP-7702), and nobody.

Python recovers keys; only the chain can ask a wallet. So for each account the contract's answer is compared to what
Python says of the key, and where they differ the reason is the wallet's own answer. By eth_call on both nodes.
"""

from typing import Any

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3
from web3.exceptions import ContractLogicError

from backend.chain.keys import DevRole, dev_signer
from backend.chain.signature import SignatureMalformed, canonical_signature, recover
from backend.chain.typed_data import digest, sign_digest
from backend.link.node import Node
from tests.contract.people import FAR, People
from tests.contract.test_signature_matrix import VARIANTS, parts

YES = bytes.fromhex("631626ba7e60e01b5f52")
"""Code that puts EIP-1271's magic word into the first word of memory."""

WALLETS: dict[str, tuple[bytes, bool | None]] = {
    "yes": (YES + bytes.fromhex("60205ff3"), True),
    "yes to 65 bytes alone": (bytes.fromhex("604435604114") + bytes.fromhex("631626ba7e0260e01b5f5260205ff3"), None),
    "yes in 200,000 bytes": (YES + bytes.fromhex("62030d405ff3"), True),
    "no": (bytes.fromhex("60205ff3"), False),
    "another magic word": (bytes.fromhex("63deadbeef60e01b5f5260205ff3"), False),
    "yes and one bit more": (YES + bytes.fromhex("6001601f5360205ff3"), False),
    "yes in 4 bytes": (YES + bytes.fromhex("60045ff3"), False),
    "nothing": (bytes.fromhex("00"), False),
    "revert": (YES + bytes.fromhex("60205ffd"), False),
    "revert in 200,000 bytes": (YES + bytes.fromhex("62030d405ffd"), False),
    "burns all gas": (bytes.fromhex("fe"), False),
    "burns all gas in a loop": (bytes.fromhex("5b5f56"), False),
    "yes, but writes first": (bytes.fromhex("60015f55") + YES + bytes.fromhex("60205ff3"), False),
    "yes if it has 99,000 gas left": (
        bytes.fromhex("620182b85a11") + bytes.fromhex("631626ba7e0260e01b5f5260205ff3"),
        True,
    ),
    "yes if it has more than 100,000 gas": (
        bytes.fromhex("620186a05a11") + bytes.fromhex("631626ba7e0260e01b5f5260205ff3"),
        False,
    ),
}
"""Wallets by what their code answers, and whether the contracts take it for a yes; None: for 65 bytes alone."""

DELEGATION = bytes.fromhex("ef0100")
DELEGATOR = 41


class Account1271:
    """Any account; whether the Exchange takes a signature for its cancellation, and whether we think so."""

    def __init__(self, people: People, address: str) -> None:
        self.people, self.address = people, address

    def message(self) -> dict[str, object]:
        return {"maker": self.address, "number": 2**200, "deadline": FAR}

    @property
    def digest(self) -> bytes:
        return digest("Cancel", self.people.contracts.deployment.domain("Exchange"), self.message())

    def accepts(self, signature: bytes) -> bool:
        call = self.people.contracts.exchange.functions.cancelBySig(*self.message().values(), signature)
        try:
            call.call({"gas": 1_000_000})
        except ContractLogicError as failure:
            data = failure.data["data"] if isinstance(failure.data, dict) else failure.data
            if data is None or not data.startswith(REFUSED):
                raise
            return False
        return True

    def we_accept(self, signature: bytes) -> bool:
        """The key first, then the wallet, as the book's door asks."""
        return key_accepted(self.address, self.digest, signature) or Node(self.people.w3).wallet_accepts(
            self.address, self.digest, signature
        )


REFUSED = Web3.to_hex(Web3.keccak(text="SignatureInvalid(address)")[:4])


def send(people: People, transaction: dict[str, Any]) -> Any:
    """Sends as the operator; the receipt."""
    w3, signer = people.w3, dev_signer(DevRole.OPERATOR)
    sender = Web3.to_checksum_address(signer.address)
    filled = {
        "chainId": 31_337,
        "gas": 3_000_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 0,
        "nonce": w3.eth.get_transaction_count(sender),
    } | transaction
    raw = Account.sign_transaction(filled, signer.key).raw_transaction
    receipt = w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(raw), poll_latency=0.02)
    assert receipt["status"] == 1
    return receipt


def deploy(people: People, code: bytes) -> str:
    """An account with this code."""
    creation = b"\x61" + len(code).to_bytes(2) + bytes.fromhex("80600a5f395ff3") + code
    address = send(people, {"data": "0x" + creation.hex()})["contractAddress"]
    assert bytes(people.w3.eth.get_code(address)) == code
    return str(address)


@pytest.mark.parametrize("name", WALLETS)
def test_wallet__whatever_it_answers__is_taken_as_written(people: People, name: str) -> None:
    code, answer = WALLETS[name]
    wallet = Account1271(people, deploy(people, code))
    for size in (0, 1, 63, 64, 65, 66, 130):
        assert wallet.accepts(bytes(size)) is (size == 65 if answer is None else answer), size
        assert wallet.we_accept(bytes(size)) is wallet.accepts(bytes(size)), size
        assert not key_accepted(wallet.address, wallet.digest, bytes(size))


def test_wallet__signed_by_a_key__python_recovers_the_key_never_the_wallet(people: People) -> None:
    wallet = Account1271(people, deploy(people, WALLETS["no"][0]))
    signed = sign_digest(people.person(40), wallet.digest)
    assert recover(wallet.digest, signed) == people.person(40).address != wallet.address
    assert not wallet.accepts(signed)


def key_accepted(address: str, message_digest: bytes, signature: bytes) -> bool:
    try:
        return recover(message_digest, signature) == address
    except SignatureMalformed:
        return False


@pytest.fixture(scope="module")
def delegated(people: People) -> Account1271:
    """A person whose key lent its address the code of a wallet that says no to everything (EIP-7702)."""
    signer, target = people.person(DELEGATOR), deploy(people, WALLETS["no"][0])
    authorization = Account.sign_authorization(
        {"chainId": 31_337, "address": bytes.fromhex(target.removeprefix("0x")), "nonce": 0}, signer.key
    )
    send(people, {"to": signer.address, "authorizationList": [authorization]})
    code = bytes(people.w3.eth.get_code(Web3.to_checksum_address(signer.address)))
    assert code == DELEGATION + bytes.fromhex(target.removeprefix("0x"))
    return Account1271(people, signer.address)


@pytest.mark.parametrize("variant", VARIANTS)
def test_delegated_code__the_key_still_signs_in_each_form(people: People, delegated: Account1271, variant: str) -> None:
    change, accepted = VARIANTS[variant]
    signature = change(*parts(sign_digest(people.person(DELEGATOR), delegated.digest)))
    assert key_accepted(delegated.address, delegated.digest, signature) is accepted
    assert delegated.accepts(signature) is delegated.we_accept(signature) is accepted


def test_delegated_code__somebody_elses_key__is_refused(people: People, delegated: Account1271) -> None:
    signature = sign_digest(people.person(42), delegated.digest)
    assert not key_accepted(delegated.address, delegated.digest, signature)
    assert not delegated.accepts(signature)


@given(size=st.integers(min_value=0, max_value=66) | st.just(130), filler=st.binary(min_size=130, max_size=130))
def test_any_length__python_and_the_contract_agree(people: People, size: int, filler: bytes) -> None:
    person = Account1271(people, people.person(43).address)
    good = sign_digest(people.person(43), person.digest)
    for signature in (filler[:size], (good + filler)[:size]):
        assert person.accepts(signature) == key_accepted(person.address, person.digest, signature), size
        assert person.accepts(signature) == person.we_accept(signature), size


def test_every_length__of_a_good_signature_cut_or_padded__only_65_is_accepted(people: People) -> None:
    person = Account1271(people, people.person(43).address)
    good = sign_digest(people.person(43), person.digest) + bytes(65)
    for size in (*range(67), 130):
        accepted = size == 65
        # Cut to 64 bytes it is a compact signature of parity 0: good if the parity was 27 all along.
        if size == 64:
            accepted = good[64] == 27
        assert person.accepts(good[:size]) == accepted, size
        assert key_accepted(person.address, person.digest, good[:size]) == accepted, size


@pytest.mark.parametrize("size", [0, 64, 65])
def test_zero_address__nothing_is_its_signature(people: People, size: int) -> None:
    nobody = Account1271(people, "0x" + "00" * 20)
    assert not nobody.accepts(bytes(size))
    assert not key_accepted(nobody.address, nobody.digest, bytes(size))


@given(st.binary(min_size=65, max_size=65))
def test_canonical__any_form_we_accept__is_one_form_that_recovers_alike(raw: bytes) -> None:
    try:
        canonical = canonical_signature(raw)
    except SignatureMalformed:
        return
    assert canonical == raw
    parity_and_s = (int.from_bytes(raw[32:64]) | (raw[64] - 27) << 255).to_bytes(32)
    assert canonical_signature(raw[:32] + parity_and_s) == canonical
