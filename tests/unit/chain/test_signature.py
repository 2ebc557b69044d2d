"""One canonical form of ECDSA signature; tests/contract/test_signature_matrix.py holds the contracts to the same."""

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from backend.chain.keys import dev_signer
from backend.chain.signature import SECP256K1_N, SignatureMalformed, canonical_signature, checksum_address, recover
from backend.chain.typed_data import sign_digest

SIGNER = dev_signer(10)
DIGEST = bytes(keccak(b"a message"))
SIGNATURE = sign_digest(SIGNER, DIGEST)
R, S, V = int.from_bytes(SIGNATURE[:32]), int.from_bytes(SIGNATURE[32:64]), SIGNATURE[64]
HALF_N = SECP256K1_N // 2

digests = st.binary(min_size=32, max_size=32)


def raw(r: int = R, s: int = S, v: int = V) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32) + bytes([v])


def compact(signature: bytes) -> bytes:
    """EIP-2098: the parity of v in the top bit of s."""
    return signature[:32] + (int.from_bytes(signature[32:64]) | (signature[64] - 27) << 255).to_bytes(32)


@given(digest=digests, index=st.integers(min_value=0, max_value=20))
def test_sign_digest__any_digest__is_canonical_and_recovers_in_both_lengths(digest: bytes, index: int) -> None:
    signer = dev_signer(index)
    signature = sign_digest(signer, digest)
    assert len(signature) == 65
    assert signature[64] in {27, 28}
    assert 0 < int.from_bytes(signature[32:64]) <= HALF_N
    assert canonical_signature(signature) == signature == canonical_signature(compact(signature))
    assert recover(digest, signature) == recover(digest, compact(signature)) == signer.address


@pytest.mark.parametrize(
    "malformed",
    [
        pytest.param(raw(v=V - 27), id="v 0 or 1"),
        pytest.param(raw(v=V + 2), id="v 29 or 30"),
        pytest.param(raw(v=V + 8), id="v 35 or 36 (EIP-155)"),
        pytest.param(raw(s=SECP256K1_N - S, v=55 - V), id="high s"),
        pytest.param(raw(s=HALF_N + 1), id="s just above half"),
        pytest.param(raw(s=0), id="s zero"),
        pytest.param(raw(r=0), id="r zero"),
        pytest.param(raw(r=SECP256K1_N), id="r of the order"),
        pytest.param(raw(r=2**256 - 1), id="r of all ones"),
        pytest.param(compact(raw(s=0)), id="compact s zero"),
        pytest.param(compact(raw(r=0)), id="compact r zero"),
        pytest.param(compact(raw(s=HALF_N + 1)), id="compact s just above half"),
        pytest.param(SIGNATURE + b"\0", id="66 bytes"),
        pytest.param(SIGNATURE[:63], id="63 bytes"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_canonical_signature__what_the_contracts_refuse__is_refused(malformed: bytes) -> None:
    for check in (canonical_signature, lambda bad: recover(DIGEST, bad)):
        with pytest.raises(SignatureMalformed) as refusal:
            check(malformed)
        assert refusal.value.code == "signature.malformed"
        assert refusal.value.fields["why"]


def test_canonical_signature__s_of_exactly_half__is_low() -> None:
    assert canonical_signature(raw(s=HALF_N)) == raw(s=HALF_N)
    assert canonical_signature(compact(raw(s=1, v=28))) == raw(s=1, v=28)


def test_recover__r_that_is_no_point_of_the_curve__is_refused() -> None:
    no_point = next(x for x in range(1, 50) if pow(x**3 + 7, (2**256 - 2**32 - 978) // 2, 2**256 - 2**32 - 977) != 1)
    with pytest.raises(SignatureMalformed, match="no public key matches"):
        recover(DIGEST, raw(r=no_point))


@given(garbage=st.binary(min_size=64, max_size=65), digest=digests)
def test_recover__garbage__is_an_address_or_a_refusal(garbage: bytes, digest: bytes) -> None:
    try:
        address = recover(digest, garbage)
    except SignatureMalformed:
        return
    assert to_checksum_address(address) == address


@given(digest=digests, bit=st.integers(min_value=0, max_value=511))
def test_recover__one_bit_flipped__is_never_the_signer(digest: bytes, bit: int) -> None:
    flipped = (int.from_bytes(sign_digest(SIGNER, digest)) ^ 1 << (bit + 8)).to_bytes(65)
    try:
        assert recover(digest, flipped) != SIGNER.address
    except SignatureMalformed:
        assert len(flipped) == 65


@given(address=st.binary(min_size=20, max_size=20))
def test_checksum_address__any_bytes__equals_eth_utils(address: bytes) -> None:
    assert checksum_address(address) == to_checksum_address(address)


def test_checksum_address__eip_55_examples() -> None:
    for text in ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x52908400098527886E0F7030069857D2E4169EE7"):
        assert checksum_address(bytes.fromhex(text[2:])) == text
