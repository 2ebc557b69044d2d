"""Files written whole or not at all."""

import os
from pathlib import Path

import pytest

from backend.chain.whole_file import write_whole


def test_write_whole__over_a_file__takes_its_place_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_whole(path, b"first")
    write_whole(path, b"second", modified_ns=1_700_000_000 * 10**9)
    assert path.read_bytes() == b"second"
    assert path.stat().st_mtime_ns == 1_700_000_000 * 10**9
    assert list(tmp_path.iterdir()) == [path]


def test_write_whole__ended_before_the_last_step__leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    write_whole(path, b"first")

    def end(_self: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", end)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"second")
    assert path.read_bytes() == b"first"


def test_write_whole__whatever_it_writes__is_on_the_disk_before_it_takes_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    did: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        did.append("fsync")
        fsync(descriptor)

    def noted_replace(part: Path, target: Path) -> Path:
        did.append("replace")
        return replace(part, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_whole(path, b"something")
    assert did == ["fsync", "replace", "fsync"]
