"""Crash points end the process as kill -9 would, and do nothing unless armed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.kernel import crash

PROGRAM = """
import atexit, sys
from pathlib import Path
from backend.kernel import crash

folder = Path(sys.argv[1])
atexit.register((folder / "exit-hook").touch)
written = (folder / "log").open("w")
written.write("buffered, never flushed")
try:
    crash.point("one")
    (folder / "passed-one").touch()
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text("two")
    crash.point("two")
    (folder / "passed-two").touch()
finally:
    (folder / "finally").touch()
"""


def run(folder: Path, armed: str | None, *arguments: str) -> tuple[int, set[str]]:
    """Exit code, and the traces the program left."""
    environment = {name: value for name, value in os.environ.items() if name != "TANYU_CRASH_AT"}
    if armed is not None:
        environment["TANYU_CRASH_AT"] = armed
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), *arguments], env=environment, check=False, timeout=60
    )
    return done.returncode, {path.name for path in folder.iterdir() if path.stat().st_size or path.name != "log"}


ALL = {"passed-one", "passed-two", "finally", "exit-hook", "log"}


@pytest.mark.parametrize("armed", [None, "", "three", "on", "one "])
def test_point__not_armed_by_its_exact_name__does_nothing(tmp_path: Path, armed: str | None) -> None:
    assert run(tmp_path, armed) == (0, ALL)


@pytest.mark.parametrize(("armed", "left"), [("one", set()), ("two", {"passed-one"})])
def test_point__armed__ends_at_once_without_clean_up(tmp_path: Path, armed: str, left: set[str]) -> None:
    assert run(tmp_path, armed) == (crash.CRASH_EXIT_CODE, left)


def test_point__armed_through_a_file_while_running__ends_there(tmp_path: Path) -> None:
    trigger = tmp_path / "trigger"
    assert run(tmp_path, f"@{trigger}", str(trigger)) == (137, {"passed-one", "trigger"})


def test_point__armed_through_a_file_that_is_not_there__does_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, f"@{tmp_path / 'nowhere'}") == (0, ALL)
