"""Keys that sign: the public development accounts (local chain only), and EIP-191 personal messages."""

import json
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol

from coincurve import PrivateKey
from eth_account import Account

from backend.chain.keccak import keccak
from backend.chain.rpc import LOCAL_CHAIN_ID
from backend.chain.signature import recover
from backend.kernel.errors import Forbidden, InvalidInput

DEV_MNEMONIC = "test test test test test test test test test test test junk"
"""The mnemonic every development chain uses; its keys are public knowledge and worth nothing."""

PERSON_FIRST = 10


class DevRole(IntEnum):
    """Which development account plays which part; persons start at index 10.

    A charity's second signer only signs: it sends nothing and needs no gas.
    """

    GOVERNOR = 0
    OPERATOR = 1
    REGISTRAR = 2
    PAUSER = 3
    VERIFIER_A = 4
    VERIFIER_B = 5
    VERIFIER_C = 6
    POOL_CHARITY = 7
    AID_CHARITY = 8
    FEE_RECIPIENT = 9
    POOL_CHARITY_SECOND = 70
    AID_CHARITY_SECOND = 71


class DevKeyRefused(Forbidden):
    """A development key on a real network."""

    code = "chain.dev_key_refused"

    def __init__(self, chain_id: int) -> None:
        super().__init__(
            f"development keys are public and serve only chain {LOCAL_CHAIN_ID}, not {chain_id}",
            chain_id=chain_id,
            expected_chain_id=LOCAL_CHAIN_ID,
        )


class KeystoreUnreadable(InvalidInput):
    """No keystore file, or another password."""

    code = "chain.keystore_unreadable"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is no version 3 keystore that this password opens", path=str(path))


class Signs(Protocol):
    """Whatever signs for an account, wherever its key is kept."""

    @property
    def address(self) -> str:
        """EIP-55."""
        ...

    def sign_digest(self, message_digest: bytes) -> bytes:
        """65-byte signature over a 32-byte digest, low s, v 27 or 28."""
        ...


@dataclass(frozen=True)
class Signer:
    """An account that can sign: EIP-55 address and 32-byte secret key. The key never shows in a repr."""

    address: str
    key: bytes

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    @cached_property
    def private_key(self) -> PrivateKey:
        """The key as coincurve holds it: making that takes longer than signing."""
        return PrivateKey(self.key)

    def sign_digest(self, message_digest: bytes) -> bytes:
        """65-byte signature over a 32-byte digest, low s, v 27 or 28 (RFC 6979 nonce)."""
        raw = self.private_key.sign_recoverable(message_digest, hasher=None)
        return bytes(raw[:64]) + bytes([raw[64] + 27])


def require_dev_chain(chain_id: int) -> None:
    """Raises DevKeyRefused unless the chain is the local one."""
    if chain_id != LOCAL_CHAIN_ID:
        raise DevKeyRefused(chain_id)


@cache
def dev_signer(index: int) -> Signer:
    """The development account at an index of the public mnemonic. Call require_dev_chain before using it."""
    Account.enable_unaudited_hdwallet_features()
    account = Account.from_mnemonic(DEV_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return Signer(address=account.address, key=bytes(account.key))


def signer_from_keystore(path: Path, password: str) -> Signer:
    """The signer of an Ethereum keystore file, version 3. Raises KeystoreUnreadable."""
    try:
        return signer_from_key(bytes(Account.decrypt(path.read_text(), password)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as failure:  # whatever the file holds
        raise KeystoreUnreadable(path) from failure


def new_keystore(password: str) -> tuple[str, str]:
    """A fresh key's address, and its keystore file of version 3, which the password opens."""
    account = Account.create()
    return account.address, json.dumps(Account.encrypt(account.key, password))


def signer_from_key(key: bytes) -> Signer:
    """The signer of a 32-byte secret key."""
    return Signer(address=Account.from_key(key).address, key=key)


def personal_sign(signer: Signs, text: str) -> bytes:
    """EIP-191 version 0x45 signature of a text: 65 bytes, low s, v 27 or 28."""
    return signer.sign_digest(personal_digest(text))


def personal_recover(text: str, signature: bytes) -> str:
    """Address that personally signed a text; raises SignatureMalformed."""
    return recover(personal_digest(text), signature)


def personal_digest(text: str) -> bytes:
    """What EIP-191 version 0x45 signs of a text: 32 bytes."""
    body = text.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(body)).encode() + body)
