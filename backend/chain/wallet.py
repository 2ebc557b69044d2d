"""Asking a wallet contract whether it signed (EIP-1271), exactly as contracts/libraries/Signatures.sol asks: a static
call with 100,000 gas, of whose answer one word is read.

No function of ours asks on somebody's behalf, and an ordinary `eth_call` to the wallet is another question: it may
write, and has other gas. So the question travels as creation code that asks and returns the verdict; nothing is
deployed by an `eth_call`.
"""

from eth_abi.abi import encode

SIGNATURE_BYTES_MAX = 2048
"""The longest signature that is carried to the chain: a wallet of 31 owners. What is longer no order of ours needs."""

WALLET_GAS = 100_000
"""What the contracts let a wallet burn."""

_MAGIC = bytes.fromhex("1626ba7e")
"""`isValidSignature(bytes32,bytes)`: the selector of the question, and the answer that means yes."""

_CODE_SIZE = 65
_CREATION_GAS = 300_000
_GAS_PER_BYTE = 48


def wallet_question(wallet: str, message_digest: bytes, signature: bytes) -> tuple[bytes, int]:
    """Creation code that returns one word, 1 if the wallet accepts the signature and 0 if not; and the gas it needs."""
    question = _MAGIC + encode(["bytes32", "bytes"], [message_digest, signature])
    size = len(question).to_bytes(2)
    code = b"".join(
        (
            b"\x61" + size + bytes.fromhex(f"60{_CODE_SIZE:02x}602039"),  # codecopy(0x20, after the code, size)
            bytes.fromhex("60205f61") + size + bytes.fromhex("602073"),  # out: 0, 0x20; in: 0x20, size
            bytes.fromhex(wallet.removeprefix("0x")),
            b"\x62" + WALLET_GAS.to_bytes(3) + b"\xfa",  # staticcall
            bytes.fromhex("3d601f1016"),  # and returndatasize > 0x1f
            bytes.fromhex("5f5163") + _MAGIC + bytes.fromhex("60e01b1416"),  # and mload(0) == magic
            bytes.fromhex("5f5260205ff3"),  # return it as a word
        )
    )
    assert len(code) == _CODE_SIZE
    data = code + question
    return data, _CREATION_GAS + _GAS_PER_BYTE * len(data)
