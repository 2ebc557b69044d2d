"""The printed commands name a program that is there."""

import sys
from pathlib import Path

import pytest

from backend.api.program import tanyu_program


def test_program__is_one_that_runs_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "check out" / ".venv" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.chdir(tmp_path / "check out")
    assert tanyu_program() == ".venv/bin/tanyu"
    monkeypatch.chdir(folder)
    assert tanyu_program() == "./tanyu"
    monkeypatch.chdir("/")
    monkeypatch.setattr(sys, "executable", "/elsewhere/bin/python")
    assert tanyu_program().endswith("elsewhere/bin/tanyu")
