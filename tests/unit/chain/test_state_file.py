"""The local chain's state and its copy: whatever is left of the first, the chain starts from something whole."""

import json
import os
from pathlib import Path

import pytest

from backend.chain.state_file import StateFile, StateLost

T0_NS = 1_767_225_600 * 10**9
S_NS = 10**9
UNREADABLE = {
    "empty": b"",
    "of nothing but zeros": bytes(4096),
    "garbage": b"\xff\xfe not a state {",
    "brackets without end": b"[" * 200_000,
    "closed, but no JSON": b'{"accounts": {}, "blocks": [1,,2]}',
    "JSON, but no object": b"[1, 2]",
    "JSON, but no state": b'{"blocks": []}',
}


def a_state(block_number: int, accounts: int = 40) -> bytes:
    """As anvil writes it: the last block first, accounts next."""
    state = {
        "block": {"number": hex(block_number), "prevrandao": f"0x{block_number:064x}"},
        "accounts": {f"0x{number:040x}": {"nonce": number, "storage": {}} for number in range(accounts)},
        "best_block_number": block_number,
        "blocks": [{"header": {"number": hex(number)}} for number in range(block_number + 1)],
    }
    return json.dumps(state, separators=(",", ":")).encode()


def put(path: Path, data: bytes, at_s: int) -> None:
    """Writes in place, as anvil does, at a time of its own."""
    path.write_bytes(data)
    os.utime(path, ns=(T0_NS + at_s * S_NS, T0_NS + at_s * S_NS))


@pytest.fixture
def state(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "chain.json")


def test_keep__a_chain_that_goes_on__is_copied_each_time_and_only_then(state: StateFile) -> None:
    assert not state.keep(), "there is none yet"
    for block in (1, 2, 3):
        put(state.path, a_state(block), at_s=block)
        assert state.keep()
        assert state.copy_path.read_bytes() == a_state(block)
        assert not state.keep()


def test_keep__written_again_though_nothing_happened__is_not_copied_again_but_counts_as_of_now(
    state: StateFile,
) -> None:
    put(state.path, a_state(5), at_s=0)
    assert state.keep()
    kept = state.copy_path.stat()
    put(state.path, a_state(5), at_s=60)
    assert not state.keep()
    now = state.copy_path.stat()
    assert (now.st_ino, now.st_mtime_ns) == (kept.st_ino, T0_NS + 60 * S_NS)


def test_keep__copy_taken_away__is_made_again(state: StateFile) -> None:
    put(state.path, a_state(5), at_s=0)
    assert state.keep()
    state.copy_path.unlink()
    put(state.path, a_state(5), at_s=1)
    assert not state.keep()
    assert state.keep()


def test_keep__cut_off_anywhere__leaves_the_copy_as_it_was(state: StateFile) -> None:
    before, after = a_state(8, accounts=3), a_state(9, accounts=3)
    put(state.path, before, at_s=0)
    assert state.keep()
    for length in range(len(after)):
        put(state.path, after[:length], at_s=1 + length)
        assert not state.keep()
    assert state.copy_path.read_bytes() == before


def test_keep__written_meanwhile__leaves_the_copy_as_it_was(state: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    put(state.path, a_state(8), at_s=0)
    assert state.keep()
    put(state.path, a_state(9), at_s=1)
    fstat, asked = os.fstat, list[int]()

    def with_a_writer(descriptor: int) -> os.stat_result:
        if asked:
            put(state.path, a_state(9), at_s=2)
        asked.append(descriptor)
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", with_a_writer)
    assert not state.keep()
    assert state.copy_path.read_bytes() == a_state(8)
    monkeypatch.undo()
    assert state.keep(), "once it is left alone"


def test_restore__no_chain_yet__has_nothing_to_do(state: StateFile) -> None:
    assert state.restore() is None
    assert not state.path.exists()


def test_restore__whole_state_without_a_copy__is_copied_before_anvil_empties_it(state: StateFile) -> None:
    put(state.path, a_state(8), at_s=0)
    assert state.restore() is None
    assert state.path.read_bytes() == state.copy_path.read_bytes() == a_state(8)


def test_restore__cut_off_anywhere__takes_the_copy_and_sets_the_rest_aside(state: StateFile) -> None:
    before, after = a_state(3, accounts=2), a_state(4, accounts=2)
    for length in (*range(0, len(after), 9), len(after) - 2, len(after) - 1):
        put(state.path, before, at_s=0)
        state.restore()
        put(state.path, after[:length], at_s=7)
        said = state.restore()
        assert said is not None
        assert "at most the last 9 s" in said, "7 between the two, and what anvil had not begun to write"
        assert str(state.aside_path) in said
        assert state.path.read_bytes() == state.copy_path.read_bytes() == before
        assert state.aside_path.read_bytes() == after[:length]
        assert state.restore() is None, "all is well again"


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_restore__unreadable_in_other_ways__takes_the_copy(state: StateFile, data: bytes) -> None:
    put(state.path, a_state(3), at_s=0)
    state.restore()
    put(state.path, data, at_s=1)
    assert state.restore() is not None
    assert state.path.read_bytes() == a_state(3)


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_restore__unreadable_and_no_whole_copy__is_refused_and_nothing_is_touched(
    state: StateFile, data: bytes
) -> None:
    put(state.path, data, at_s=0)
    for copy in (None, a_state(3)[:-1], b""):
        if copy is not None:
            put(state.copy_path, copy, at_s=0)
        with pytest.raises(StateLost, match="TANYU_DATA_DIR") as refusal:
            state.restore()
        assert refusal.value.code == "chain.state_lost"
        assert refusal.value.fields == {"path": str(state.path)}
        assert state.path.read_bytes() == data


def test_restore__state_gone__takes_the_copy_and_says_of_when(state: StateFile) -> None:
    put(state.path, a_state(3), at_s=0)
    state.restore()
    state.path.unlink()
    said = state.restore()
    assert said is not None
    assert "2026-01-01 00:00:00+00:00" in said
    assert "missing" in said
    assert state.path.read_bytes() == a_state(3)


def test_restore__ended_between_its_steps__is_done_by_the_next(
    state: StateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(state.path, a_state(3), at_s=0)
    state.restore()
    put(state.path, b"{", at_s=1)

    def end(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("backend.chain.state_file.write_whole", end)
    with pytest.raises(KeyboardInterrupt):
        state.restore()
    monkeypatch.undo()
    assert state.restore() is not None
    assert state.path.read_bytes() == a_state(3)
