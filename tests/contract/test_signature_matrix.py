"""What backend.chain.signature accepts is exactly what the contracts accept, on a real node.

Every variant goes to three doors: a cancellation, an approval and a transfer, each by eth_call, so nothing is spent.
"""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from web3.exceptions import ContractLogicError

from backend.chain.keys import Signer
from backend.chain.reverts import decode_revert
from backend.chain.signature import SECP256K1_N, SignatureMalformed, recover
from backend.chain.typed_data import digest, sign_digest
from tests.contract.people import CLASS_ID, FAR, People

HALF_N = SECP256K1_N // 2


def parts(signature: bytes) -> tuple[int, int, int]:
    return int.from_bytes(signature[:32]), int.from_bytes(signature[32:64]), signature[64]


def raw(r: int, s: int, v: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32) + bytes([v])


def compact(r: int, s: int, v: int) -> bytes:
    """EIP-2098: 64 bytes, the parity of v in the top bit of s."""
    return r.to_bytes(32) + (s | (v - 27) << 255).to_bytes(32)


Change = Callable[[int, int, int], bytes]

VARIANTS: dict[str, tuple[Change, bool]] = {
    "65 bytes, low s, v 27 or 28": (raw, True),
    "64 bytes (EIP-2098)": (compact, True),
    "v 0 or 1": (lambda r, s, v: raw(r, s, v - 27), False),
    "v of the other parity": (lambda r, s, v: raw(r, s, 55 - v), False),
    "v 29 or 30": (lambda r, s, v: raw(r, s, v + 2), False),
    "v 35 or 36 (EIP-155)": (lambda r, s, v: raw(r, s, v + 8), False),
    "high s, the malleable twin": (lambda r, s, v: raw(r, SECP256K1_N - s, 55 - v), False),
    "high s, v kept": (lambda r, s, v: raw(r, SECP256K1_N - s, v), False),
    "compact with high s": (lambda r, s, v: compact(r, (SECP256K1_N - s) % 2**255, 55 - v), False),
    "compact of the other parity": (lambda r, s, v: compact(r, s, 55 - v), False),
    "r zero": (lambda _, s, v: raw(0, s, v), False),
    "s zero": (lambda r, _, v: raw(r, 0, v), False),
    "all zero": (lambda *_: bytes(65), False),
    "compact, all zero": (lambda *_: bytes(64), False),
    "r of the order": (lambda _, s, v: raw(SECP256K1_N, s, v), False),
    "66 bytes": (lambda r, s, v: raw(r, s, v) + b"\0", False),
    "63 bytes": (lambda r, s, v: raw(r, s, v)[:63], False),
    "no bytes": (lambda *_: b"", False),
    "r and s swapped": (lambda r, s, v: raw(s, r, v), False),
}

DOORS: dict[str, tuple[str, str, dict[str, object]]] = {
    "Cancel": ("Exchange", "cancelBySig", {"number": 2**200, "deadline": FAR}),
    "Approve": ("CarbonCredit", "approveBySig", {"operator": "", "approved": True, "number": 2**200, "deadline": FAR}),
    "Transfer": (
        "CarbonCredit",
        "transferBySig",
        {"to": "", "classId": CLASS_ID, "amountGco2e": 1, "number": 2**200, "deadline": FAR},
    ),
}


class Door:
    """One signed act of one person, and who says yes to which signature of it."""

    def __init__(self, people: People, type_name: str, person: Signer) -> None:
        self.contract, self.function, rest = DOORS[type_name]
        self.people, self.person = people, person
        account = {"Cancel": "maker", "Approve": "account", "Transfer": "from"}[type_name]
        address = {"Approve": people.contracts.exchange.address, "Transfer": people.person(31).address}
        filled = {name: address[type_name] if value == "" else value for name, value in rest.items()}
        self.message: dict[str, object] = {account: person.address, **filled}
        self.digest = digest(type_name, people.contracts.deployment.domain(self.contract), self.message)

    @property
    def signature(self) -> tuple[int, int, int]:
        return parts(sign_digest(self.person, self.digest))

    def chain_accepts(self, signature: bytes) -> bool:
        call = self.people.contracts.named(self.contract).functions[self.function](*self.message.values(), signature)
        try:
            call.call()
        except ContractLogicError as failure:
            data = failure.data["data"] if isinstance(failure.data, dict) else failure.data
            assert data is not None
            assert decode_revert(bytes.fromhex(data.removeprefix("0x"))).name == "SignatureInvalid"
            return False
        return True

    def we_accept(self, signature: bytes) -> bool:
        try:
            return recover(self.digest, signature) == self.person.address
        except SignatureMalformed:
            return False


@pytest.fixture(scope="module")
def doors(people: People) -> dict[str, Door]:
    people.mint(30, 10_000)
    return {type_name: Door(people, type_name, people.person(30)) for type_name in DOORS}


@pytest.mark.parametrize("type_name", DOORS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_signature__each_form__is_accepted_by_us_and_the_contract_alike(
    doors: dict[str, Door], type_name: str, variant: str
) -> None:
    door, (change, accepted) = doors[type_name], VARIANTS[variant]
    signature = change(*door.signature)
    assert (door.we_accept(signature), door.chain_accepts(signature)) == (accepted, accepted)


words = st.integers(min_value=0, max_value=2**256 - 1)


@given(
    others=st.tuples(
        st.none() | words | st.sampled_from([1, SECP256K1_N - 1, SECP256K1_N]),
        st.none() | words | st.sampled_from([1, HALF_N, HALF_N + 1, SECP256K1_N - 1]),
        st.none() | st.integers(min_value=0, max_value=255) | st.sampled_from([27, 28]),
    ),
    size=st.sampled_from([64, 65, 65, 66]),
    type_name=st.sampled_from(sorted(DOORS)),
)
@example(others=(None, None, None), size=65, type_name="Cancel")
def test_signature__parts_replaced_at_random__we_and_the_contract_agree(
    doors: dict[str, Door], others: tuple[int | None, ...], size: int, type_name: str
) -> None:
    door = doors[type_name]
    good = door.signature
    signature = raw(*(own if other is None else other for own, other in zip(good, others, strict=True)))
    signature = (signature + b"\0")[:size]
    assert door.chain_accepts(signature) == door.we_accept(signature)


def test_signature__of_somebody_else__is_accepted_by_neither(doors: dict[str, Door], people: People) -> None:
    for door in doors.values():
        signature = sign_digest(people.person(31), door.digest)
        assert (door.we_accept(signature), door.chain_accepts(signature)) == (False, False)


def test_batch_approval__in_each_form__counts_only_if_we_would_accept_it(people: People) -> None:
    """Verifiers sign by the same rules: a batch is anchored only if every signature is in an accepted form."""
    issuance = people.contracts.issuance.functions
    batch = people.batch(b"\x31" * 32, 10_000)
    message_digest = digest("Batch", people.contracts.deployment.domain("Issuance"), batch)
    first, second = people.approvals(batch)
    for name, (change, accepted) in VARIANTS.items():
        changed = change(*parts(second))
        try:
            issuance.anchorBatch(tuple(batch.values()), [first, changed]).call()
            chain_accepts = True
        except ContractLogicError:
            chain_accepts = False
        try:
            we_accept = recover(message_digest, changed) == recover(message_digest, second)
        except SignatureMalformed:
            we_accept = False
        assert (chain_accepts, we_accept) == (accepted, accepted), name
