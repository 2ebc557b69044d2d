"""Who signed a digest: a key, or a wallet contract's word at that block (EIP-1271)."""

from eth_abi.abi import encode

from backend.audit.questions import Answers
from backend.chain.keccak import keccak
from backend.chain.signature import SignatureMalformed, recover

IS_VALID_SIGNATURE = keccak(b"isValidSignature(bytes32,bytes)")[:4]
"""EIP-1271: the selector, and the answer that means yes."""


def signer_of(digest: bytes, signature: bytes) -> str | None:
    """EIP-55 address of the key, or None if the contracts would not accept the signature's form."""
    try:
        return recover(digest, signature)
    except SignatureMalformed:
        return None


def is_signed(answers: Answers, block: int, account: str, digest: bytes, signature: bytes) -> bool:
    """As the contracts decide it: the key first, then the account's code, at that block or the one before."""
    if signer_of(digest, signature) == account:
        return True
    calldata = IS_VALID_SIGNATURE + encode(["bytes32", "bytes"], [digest, signature])
    said = [answers.call(block - ago, account, calldata) for ago in (0, 1)]
    return any(answer is not None and len(answer) >= 32 and answer[:4] == IS_VALID_SIGNATURE for answer in said)
