"""Signers and the public development accounts."""

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from backend.chain.keys import (
    PERSON_FIRST,
    DevKeyRefused,
    DevRole,
    Signer,
    dev_signer,
    personal_recover,
    personal_sign,
    require_dev_chain,
    signer_from_key,
)
from backend.chain.signature import SignatureMalformed
from backend.kernel.errors import Forbidden

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def test_dev_signer__of_the_public_mnemonic__is_what_every_development_chain_has() -> None:
    assert dev_signer(DevRole.GOVERNOR).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert dev_signer(DevRole.OPERATOR).address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    assert dev_signer(0).key.hex() == "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def test_dev_signers__roles_and_first_persons__are_all_different() -> None:
    second_signers = [DevRole.POOL_CHARITY_SECOND, DevRole.AID_CHARITY_SECOND]
    assert sorted(DevRole) == [*range(PERSON_FIRST), *second_signers]
    indices = {*range(2 * PERSON_FIRST), *second_signers}
    assert len({dev_signer(index).address for index in indices}) == len(indices)


@pytest.mark.parametrize("chain_id", [1, 0, -31337, 31338, 1337, 11155111, 2**256 - 1])
def test_require_dev_chain__any_other_chain__refuses_the_keys(chain_id: int) -> None:
    with pytest.raises(DevKeyRefused) as refusal:
        require_dev_chain(chain_id)
    assert isinstance(refusal.value, Forbidden)
    assert refusal.value.code == "chain.dev_key_refused"
    assert refusal.value.fields == {"chain_id": chain_id, "expected_chain_id": 31337}


def test_require_dev_chain__the_local_chain__lets_them() -> None:
    require_dev_chain(31337)


@given(key=st.integers(min_value=1, max_value=2**255).map(lambda number: number.to_bytes(32)))
def test_signer__shown_in_any_way__never_shows_its_key(key: bytes) -> None:
    signer = signer_from_key(key)
    for shown in (repr(signer), str(signer), f"{signer}", f"{[signer]}", f"{(signer,)!r}"):
        assert signer.address in shown
        assert key.hex() not in shown
        assert repr(key) not in shown
    assert signer == Signer(Account.from_key(key).address, key)


@given(text=texts, index=st.integers(min_value=0, max_value=5))
def test_personal_sign__any_text__recovers_here_and_elsewhere(text: str, index: int) -> None:
    signer = dev_signer(index)
    signature = personal_sign(signer, text)
    assert len(signature) == 65
    assert personal_recover(text, signature) == signer.address
    assert Account.recover_message(encode_defunct(text=text), signature=signature) == signer.address


@given(text=texts, other=texts)
def test_personal_recover__another_text__is_another_address(text: str, other: str) -> None:
    signer = dev_signer(0)
    assert (personal_recover(other, personal_sign(signer, text)) == signer.address) == (text == other)


def test_personal_recover__malformed_signature__is_refused() -> None:
    with pytest.raises(SignatureMalformed):
        personal_recover("hello", b"\x01" * 66)
