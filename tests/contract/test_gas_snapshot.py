"""The gas of the contracts' acts is what the snapshot says, on both nodes, to the unit.

After a change of the contracts: `scripts/bench gas --save`, and look at the difference before committing it.
"""

import pytest

from backend.chain.node import LocalNode
from tests.benchmarks import gas
from tests.benchmarks.gas_row import gas_row
from tests.contract.conftest import HardhatNode


def test_agreed__nodes_that_differ__are_both_shown() -> None:
    same, other = gas_row("claim", 10, goal=20), gas_row("settle", 30, goal=40)
    found = gas.agreed({"anvil": [same, other], "hardhat": [same, gas_row("settle", 41, goal=40)]})
    assert [(row["name"], row["value"], row["met"], row["nodes"]) for row in found] == [
        ("claim", 10, True, "anvil, hardhat"),
        ("settle (anvil)", 30, True, "anvil"),
        ("settle (hardhat)", 41, False, "hardhat"),
    ]


@pytest.mark.parametrize("start", [LocalNode, HardhatNode])
def test_gas__every_row__is_as_in_the_snapshot(start: type[LocalNode] | type[HardhatNode]) -> None:
    assert gas.figures(gas.rows(start)) == gas.saved()
