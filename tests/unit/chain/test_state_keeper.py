"""The thread that keeps the copy of the chain's state fresh."""

import time
from functools import partial
from pathlib import Path

import pytest

from backend.chain import state_keeper
from backend.chain.state_file import StateFile
from backend.chain.state_keeper import StateKeeper
from tests.patience import until
from tests.unit.chain.test_state_file import a_state


def has_copy_of(state: StateFile, data: bytes) -> bool:
    return state.copy_path.exists() and state.copy_path.read_bytes() == data


def test_keeper__while_it_runs__copies_what_comes_and_at_its_end_what_came_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_keeper, "REST_S", 0)
    state, said = StateFile(tmp_path / "chain.json"), list[str]()
    keeper = StateKeeper(state, said.append)
    keeper.start()
    for block in (1, 22):
        state.path.write_bytes(a_state(block))
        until(partial(has_copy_of, state, a_state(block)), f"the copy of {block}")
    monkeypatch.setattr(state_keeper, "POLL_S", 600)
    time.sleep(0.3)
    state.path.write_bytes(a_state(333))
    keeper.stop()
    assert state.copy_path.read_bytes() == a_state(333)
    assert said == []


def test_keeper__disk_that_refuses__says_so_once_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_keeper, "POLL_S", 0.01)
    state, said, tried = StateFile(tmp_path / "chain.json"), list[str](), list[int]()
    state.path.write_bytes(a_state(1))
    keep = state.keep

    def full_at_first() -> bool:
        tried.append(1)
        if len(tried) <= 3:
            raise OSError(28, "No space left on device")
        return keep()

    monkeypatch.setattr(state, "keep", full_at_first)
    keeper = StateKeeper(state, said.append)
    keeper.start()
    until(state.copy_path.exists, "the copy")
    keeper.stop()
    assert len(said) == 1
    assert "No space left" in said[0]
