"""Where the shared figures may lie beside a checkout: read by tests that compare, never by the product."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"


def shared_folder(name: str) -> Path:
    """A folder of the shared data; skips the test, loudly, if there is none beside this checkout."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"NOT CHECKED: no ../shared/data/{name} beside this checkout to compare with")
    return folder
