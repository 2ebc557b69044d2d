"""Files made to exhaust whoever reads them: a clear error with its own code, in bounded memory and bounded reading."""

import subprocess
import sys

import pytest

from backend.chain.artifacts import CHECKOUT

GROWTH_LIMIT_KIB = 96 * 1024
"""What reading any one file may add to a process's memory."""
READ_LIMIT = 34 * 1024 * 1024
"""No file is read much further than the largest that is taken."""

ATTACKS = {
    "billion laughs": {"xml.forbidden"},
    "quadratic blowup": {"xml.forbidden"},
    "external entity": {"xml.forbidden"},
    "200 MB of readings": {"xml.too_complex", "xml.too_large"},
    "200 MB of text": {"xml.too_large"},
    "200 MB of spaces": {"xml.too_large"},
    "200 MB in a comment": {"xml.too_complex"},
    "200 MB in an attribute": {"xml.too_complex"},
    "200 MB of elements": {"xml.too_complex", "xml.too_large"},
    "200 MB of names": {"xml.too_complex"},
    "200 MB of namespaces": {"xml.too_complex"},
    "200 MB of attributes": {"xml.too_complex"},
    "deep nesting": {"xml.too_complex"},
    "truncated": {"xml.malformed"},
    "not XML": {"xml.malformed"},
    "no bytes": {"xml.malformed"},
    "unknown encoding": {"xml.malformed"},
    "wrong namespace": {"xml.namespace_wrong"},
    "HTML": {"xml.namespace_wrong"},
}


@pytest.mark.parametrize("reader", ["green_button", "gpx"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_file__is_refused_with_its_code_in_bounded_memory(attack: str, reader: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tests.adversarial.hostile_files", reader, attack],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout.split()

    code, grown_kib, read_bytes = told[0], int(told[2]), int(told[3])
    assert code in ATTACKS[attack]
    assert grown_kib < GROWTH_LIMIT_KIB
    assert read_bytes < READ_LIMIT
