"""The operator's key on a real network comes from a keystore; a development key never does."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from backend.api.serve import confirmations_of, operator_of
from backend.chain.artifacts import CONTRACT_NAMES
from backend.chain.deployment import Deployment
from backend.chain.keys import DevKeyRefused, DevRole, KeystoreUnreadable, dev_signer, signer_from_keystore
from backend.storage.settings import Settings

KEY = bytes(range(1, 33))


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    path = tmp_path / "operator.json"
    path.write_text(json.dumps(Account.encrypt(KEY, "right", kdf="pbkdf2", iterations=2)))
    return path


def _deployment(chain_id: int) -> Deployment:
    address = dev_signer(DevRole.OPERATOR).address
    return Deployment(chain_id, "0x" + "11" * 32, 1, dict.fromkeys(CONTRACT_NAMES, address), {})


def test_keystore__right_password__gives_its_key(keystore: Path) -> None:
    assert signer_from_keystore(keystore, "right").key == KEY


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": 3}'])
def test_keystore__no_keystore__is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content)
    with pytest.raises(KeystoreUnreadable):
        signer_from_keystore(path, "right")


def test_keystore__wrong_password_or_missing_file__is_refused(keystore: Path, tmp_path: Path) -> None:
    for path, password in ((keystore, "wrong"), (tmp_path / "missing.json", "right")):
        with pytest.raises(KeystoreUnreadable) as refused:
            signer_from_keystore(path, password)
        assert refused.value.code == "chain.keystore_unreadable"


def test_operator__on_another_chain__needs_a_keystore(keystore: Path, tmp_path: Path) -> None:
    plain = Settings(data_dir=tmp_path)
    assert operator_of(plain, _deployment(31337)) == dev_signer(DevRole.OPERATOR)
    with pytest.raises(DevKeyRefused):
        operator_of(plain, _deployment(1))
    password = tmp_path / "password"
    password.write_text("right\n")
    own = Settings(data_dir=tmp_path, operator_keystore=keystore, operator_password_file=password)
    assert operator_of(own, _deployment(1)).key == KEY
    password.unlink()
    with pytest.raises(KeystoreUnreadable):
        operator_of(own, _deployment(1))


def test_confirmations__unless_set__are_none_locally_and_twelve_elsewhere(tmp_path: Path) -> None:
    plain = Settings(data_dir=tmp_path)
    assert confirmations_of(plain, _deployment(31337)) == 0
    assert confirmations_of(plain, _deployment(1)) == 12
    assert confirmations_of(Settings(data_dir=tmp_path, confirmations=3), _deployment(1)) == 3
