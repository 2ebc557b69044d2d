"""Which contracts stand where: the deployment file, and the check that a node serves that very chain."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from web3 import Web3

from backend.chain.artifacts import CONTRACT_NAMES, LATER_NAMES, artifact
from backend.chain.rpc import Network, network_of
from backend.chain.typed_data import Domain, domain_name
from backend.chain.whole_file import write_whole
from backend.kernel.errors import InvalidInput, NotFound, Unavailable


class DeploymentFileMissing(NotFound):
    """No deployment file."""

    code = "deployment.missing"

    def __init__(self, path: Path) -> None:
        super().__init__(f"no deployment file at {path}", path=str(path))


class DeploymentFileMalformed(InvalidInput):
    """Not a deployment file."""

    code = "deployment.malformed"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is not a deployment file: {why}", path=str(path), why=why)


class WrongNetwork(Unavailable):
    """The node serves another chain than the one the contracts were deployed on."""

    code = "chain.wrong_network"

    def __init__(self, found: Network, expected: Network) -> None:
        super().__init__(
            f"the node serves chain {found.chain_id} with genesis {found.genesis_hash}; "
            f"the contracts stand on chain {expected.chain_id} with genesis {expected.genesis_hash}",
            chain_id=found.chain_id,
            genesis_hash=found.genesis_hash,
            expected_chain_id=expected.chain_id,
            expected_genesis_hash=expected.genesis_hash,
        )


class ContractMissing(Unavailable):
    """No code, or other code, where a contract should stand."""

    code = "chain.contract_missing"

    def __init__(self, name: str, address: str) -> None:
        super().__init__(f"{name} does not stand at {address}", contract=name, address=address)


class ContractAbsent(NotFound):
    """The deployment was made before the contract was written."""

    code = "deployment.contract_absent"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"this deployment has no {name}: it was made before there was one; do without, or deploy afresh",
            contract=name,
        )


class AbiChanged(Unavailable):
    """The contracts in this checkout are not the deployed ones."""

    code = "chain.abi_changed"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was deployed from other sources: deploy afresh (a new TANYU_DATA_DIR) or check those out",
            contract=name,
        )


def _address(text: str) -> str:
    address = Web3.to_checksum_address(text)
    if text not in {address, address.lower()}:
        raise ValueError(f"{text} has a typing error: its EIP-55 checksum fails")
    return address


@dataclass(frozen=True)
class Deployment:
    """The contracts of one Tanyu. Hashes are 0x and hex; `block_number` is the first block with code of ours."""

    chain_id: int
    genesis_hash: str
    block_number: int
    addresses: dict[str, str]
    abi_digests: dict[str, str]

    def __hash__(self) -> int:
        return hash((self.chain_id, self.genesis_hash, self.block_number))

    @property
    def network(self) -> Network:
        """The chain it stands on."""
        return Network(self.chain_id, self.genesis_hash)

    def has(self, name: str) -> bool:
        """Whether a contract stands; one that was written later may not."""
        return name in self.addresses

    def address(self, name: str) -> str:
        """EIP-55 address of a contract. Raises ContractAbsent."""
        if not self.has(name):
            raise ContractAbsent(name)
        return self.addresses[name]

    def domain(self, name: str) -> Domain:
        """EIP-712 domain of a contract. Raises ContractAbsent."""
        return Domain(*domain_name(name), self.chain_id, self.address(name))

    def save(self, path: Path) -> None:
        """Writes the file whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (json.dumps(asdict(self), indent=2) + "\n").encode())

    @classmethod
    def load(cls, path: Path) -> "Deployment":
        """Reads the file; raises DeploymentFileMissing or DeploymentFileMalformed."""
        if not path.exists():
            raise DeploymentFileMissing(path)
        try:
            raw = json.loads(path.read_text())
            names = [name for name in CONTRACT_NAMES if name not in LATER_NAMES or name in raw["addresses"]]
            return cls(
                chain_id=int(raw["chain_id"]),
                genesis_hash=str(raw["genesis_hash"]),
                block_number=int(raw["block_number"]),
                addresses={name: _address(raw["addresses"][name]) for name in names},
                abi_digests={name: str(raw["abi_digests"][name]) for name in names},
            )
        except (ValueError, KeyError, TypeError) as failure:
            raise DeploymentFileMalformed(path, repr(failure)) from failure

    def check(self, w3: Web3) -> None:
        """Raises WrongNetwork, ContractMissing or AbiChanged unless the node serves these contracts."""
        found = network_of(w3)
        if found != self.network:
            raise WrongNetwork(found, self.network)
        for name, address in self.addresses.items():
            if artifact(name).abi_digest != self.abi_digests[name]:
                raise AbiChanged(name)
            if not w3.eth.get_code(Web3.to_checksum_address(address)):
                raise ContractMissing(name, address)
