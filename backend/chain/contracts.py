"""The deployed contracts as callable objects, and calldata for a transaction."""

from typing import Any

from web3 import Web3
from web3.contract import Contract

from backend.chain.artifacts import artifact
from backend.chain.deployment import Deployment


class Contracts:
    """One web3 contract per deployed contract."""

    def __init__(self, w3: Web3, deployment: Deployment) -> None:
        self.w3 = w3
        self.deployment = deployment
        self._by_name: dict[str, Contract] = {
            name: w3.eth.contract(address=Web3.to_checksum_address(address), abi=artifact(name).abi)
            for name, address in deployment.addresses.items()
        }

    def named(self, name: str) -> Contract:
        """The contract of this name, such as "Exchange"."""
        return self._by_name[name]

    @property
    def governance(self) -> Contract:
        """Access manager."""
        return self._by_name["Governance"]

    @property
    def payment(self) -> Contract:
        """Payment token."""
        return self._by_name["PaymentToken"]

    @property
    def credit(self) -> Contract:
        """CarbonCredit."""
        return self._by_name["CarbonCredit"]

    @property
    def issuance(self) -> Contract:
        """Issuance."""
        return self._by_name["Issuance"]

    @property
    def exchange(self) -> Contract:
        """Exchange."""
        return self._by_name["Exchange"]

    @property
    def charity(self) -> Contract:
        """Charity."""
        return self._by_name["Charity"]

    @property
    def anchors(self) -> Contract:
        """Anchors."""
        return self._by_name["Anchors"]

    def encode(self, name: str, function: str, args: list[Any]) -> bytes:
        """Calldata of a call."""
        return bytes.fromhex(self._by_name[name].encode_abi(function, args=args).removeprefix("0x"))
