"""The payment token's permit (EIP-2612): the token's message, not ours, so not in contracts/eip712."""

from dataclasses import dataclass

from eth_abi.abi import encode

from backend.chain.keccak import keccak
from backend.chain.typed_data import Domain, domain_separator

PERMIT_FIELDS = (
    ("owner", "address"),
    ("spender", "address"),
    ("value", "uint256"),
    ("nonce", "uint256"),
    ("deadline", "uint256"),
)
"""Name and Solidity type."""

PERMIT_TYPE = f"Permit({','.join(f'{kind} {name}' for name, kind in PERMIT_FIELDS)})"


@dataclass(frozen=True)
class Permit:
    """EIP-2612: `value` base units that `spender` may take. `nonce` is the token's next for the owner."""

    owner: str
    spender: str
    value: int
    nonce: int
    deadline: int

    def digest(self, domain: Domain) -> bytes:
        """What is signed: 32 bytes."""
        kinds = ["bytes32", *(kind for _, kind in PERMIT_FIELDS)]
        values = [keccak(PERMIT_TYPE.encode()), self.owner, self.spender, self.value, self.nonce, self.deadline]
        return keccak(b"\x19\x01" + domain_separator(domain) + keccak(encode(kinds, values)))
