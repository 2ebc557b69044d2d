"""Gas of the contracts' acts, on either node, and the committed snapshot of it.

A measure takes a fresh world (People: contracts deployed, nobody owns anything yet) and gives rows. Each measure gets a
world of its own, so measures cannot change each other's figures. Everything in such a world is deterministic: keys,
addresses, numbers, signatures (RFC 6979), expiries. So gas is too, to the unit, on every machine and on both nodes; the
snapshot is compared exactly, and any drift is a change of the contracts, the compiler or its settings.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from backend.chain.artifacts import CHECKOUT
from backend.chain.compile import compile_contracts
from backend.chain.contracts import Contracts
from backend.chain.deploy import ClassSpec, deploy_all, local_roles
from backend.chain.keys import DevRole, dev_signer
from backend.chain.node import LocalNode
from backend.chain.rpc import connect
from tests.benchmarks import claim_gas, giving_gas, receipt_gas, settle_gas
from tests.benchmarks.gas_row import Row
from tests.contract.conftest import HardhatNode
from tests.contract.people import People


class Node(Protocol):
    """A node one can reach."""

    @property
    def url(self) -> str:
        """Where it serves JSON-RPC."""


Measure = Callable[[People], list[Row]]

MEASURES: dict[str, Measure] = {
    "settle": settle_gas.measure,
    "settle with a fee": settle_gas.measure_with_fee,
    "claim": claim_gas.measure,
    "giving": giving_gas.measure,
    "receipts": receipt_gas.measure,
}
"""By name. A new one is a function in a module of its own and a line here."""

FEES_BPS = {"settle with a fee": settle_gas.FEE_BPS}
"""What the Exchange takes in a measure's world; 0 in all others."""

NODES: dict[str, Callable[[], AbstractContextManager[Node]]] = {"anvil": LocalNode, "hardhat": HardhatNode}

SNAPSHOT = CHECKOUT / "tests" / "benchmarks" / "gas_snapshot.json"


def fresh_world(node: Node, fee_bps: int = 0) -> People:
    """The contracts, deployed on an empty chain; the fee is the Exchange's."""
    w3 = connect(node.url)
    spec = ClassSpec("US-CA", 2025, "SIM", 10**12, 500)
    roles = replace(local_roles((spec,)), fee_bps=fee_bps)
    deployment = deploy_all(w3, dev_signer(DevRole.GOVERNOR), roles)
    return People(w3, Contracts(w3, deployment))


def rows(start: Callable[[], AbstractContextManager[Node]] = LocalNode) -> list[Row]:
    """All rows, each measure on a node of its own."""
    compile_contracts()
    found: list[Row] = []
    for name, measure in MEASURES.items():
        with start() as node:
            found += measure(fresh_world(node, FEES_BPS.get(name, 0)))
    found += settle_gas.fee_rows(figures(found))
    names = [row["name"] for row in found]
    assert len(set(names)) == len(names), "two rows of one name"
    return found


def rows_on_both_nodes() -> list[Row]:
    """All rows, measured on anvil and on Hardhat's node."""
    return agreed({name: rows(start) for name, start in NODES.items()})


def agreed(by_node: Mapping[str, Sequence[Row]]) -> list[Row]:
    """A row once where the nodes agree, else once for each node, which its name then says."""
    found: list[Row] = []
    for measured in zip(*by_node.values(), strict=True):
        if len({row["value"] for row in measured}) == 1:
            found.append({**measured[0], "nodes": ", ".join(by_node)})
        else:
            named = zip(by_node, measured, strict=True)
            found += [{**row, "name": f"{row['name']} ({node})", "nodes": node} for node, row in named]
    return found


def figures(found: list[Row]) -> dict[str, object]:
    """Name -> gas."""
    return {str(row["name"]): row["value"] for row in found}


def saved() -> dict[str, object]:
    """The committed figures."""
    read: dict[str, object] = json.loads(SNAPSHOT.read_text())
    return read


def save(found: list[Row], path: Path = SNAPSHOT) -> None:
    """Writes the snapshot."""
    path.write_text(json.dumps(figures(found), indent=2, sort_keys=True) + "\n")
