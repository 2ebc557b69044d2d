"""The benchmark of mass issuance at a size for tests: 2,000 statements from figures to mints on a real node."""

from pathlib import Path

import pytest

from tests.benchmarks.issuance_mass import measure

PEOPLE = 2_000


@pytest.mark.usefixtures("compiled")
def test_batch_of_thousands__is_planned_signed_anchored_once_and_claimed_from_its_files(tmp_path: Path) -> None:
    """`measure` asserts on its way: one receipt anchors all, no statement is left behind, every sampled claim mints."""
    rows = {str(row["name"]).removeprefix("issuance: "): row for row in measure(PEOPLE, tmp_path)}

    gas = rows[f"anchor {PEOPLE} in one transaction"]
    assert isinstance(gas["ratio"], float)
    assert gas["ratio"] < 1.01, "what anchoring costs does not depend on how many are in the batch"
    stored = rows["plan, stored a leaf with its part of the tree"]["value"]
    assert isinstance(stored, int)
    assert stored < 400, "leaves do not carry their proofs"
