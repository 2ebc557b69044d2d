"""Whose signature it is, exactly as the contracts decide: the account's key's if it made it, else whatever the
account's code takes for its own (EIP-1271). One way for orders and for every other signed act.
"""

from collections.abc import Callable
from typing import TypeAlias

from backend.chain.settle_batch import WalletSignature
from backend.chain.signature import SignatureMalformed, canonical_signature, checksum_address, signer_of
from backend.kernel.errors import TanyuError

WalletQuestion: TypeAlias = Callable[[str, bytes, bytes], bool]
"""(account, digest, signature) -> whether the account's code takes the signature for its own (`link.node`)."""

NotSignedBy: TypeAlias = Callable[[str], TanyuError]
"""The refusal of a well-formed signature, by the address whose key made it."""


class NotTheKeys(Exception):
    """No key of the account made the signature; its wallet may still call it its own. `refusal` if it does not."""

    def __init__(self, account: str, message_digest: bytes, refusal: TanyuError) -> None:
        super().__init__(refusal.message)
        self.account, self.message_digest, self.refusal = account, message_digest, refusal


def key_signature(account: str, message_digest: bytes, signature: bytes, refusal: NotSignedBy) -> bytes:
    """The canonical 65 bytes if the account's key made the signature. Raises NotTheKeys."""
    try:
        canonical = canonical_signature(signature)
        signer = signer_of(message_digest, canonical)
    except SignatureMalformed as malformed:
        raise NotTheKeys(account, message_digest, malformed) from None
    if signer != bytes.fromhex(account[2:]):
        raise NotTheKeys(account, message_digest, refusal(checksum_address(signer)))
    return canonical


def wallet_signature(failure: NotTheKeys, signature: bytes, accepts: WalletQuestion) -> WalletSignature:
    """The signature as it was given, if the account's wallet takes it. Asks the node: leave no transaction open
    meanwhile. Raises the refusal that the key's failure carries, NodeUnavailable.
    """
    if not accepts(failure.account, failure.message_digest, signature):
        raise failure.refusal
    return WalletSignature(signature)
