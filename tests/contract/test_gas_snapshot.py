"""The gas of the contracts' acts is what the snapshot says, on both nodes, to the unit.

After a change of the contracts: `scripts/bench gas --save`, and look at the difference before committing it.
"""

import pytest

from backend.chain.node import LocalNode
from tests.benchmarks import gas
from tests.contract.conftest import HardhatNode


@pytest.mark.parametrize("start", [LocalNode, HardhatNode])
def test_gas__every_row__is_as_in_the_snapshot(start: type[LocalNode] | type[HardhatNode]) -> None:
    assert gas.figures(gas.rows(start)) == gas.saved()
