"""Child processes: started, revived a few times, ended in any case, and found again by the next supervisor."""

import os
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from backend.api import children as children_module
from backend.api import up as up_module
from backend.api.children import RESTARTS_MAX, Child, ChildKeepsFailing, PidFile
from backend.api.sample import year as year_module
from backend.api.sample.year import SampleYearStuck
from backend.api.up import ServerNotReady, Supervisor
from backend.chain.node import free_port
from backend.kernel.errors import Unavailable
from backend.storage.settings import Settings
from tests.patience import until

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]


def wait_for(path: Path, text: str) -> None:
    until(lambda: text in (path.read_text() if path.exists() else ""), text)


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Child]:
    child = Child("a sleeper", SLEEPER, tmp_path / "logs" / "sleeper.log")
    child.start()
    wait_for(child.log, "up")
    yield child
    if child.process is not None and child.process.poll() is None:
        child.process.kill()
    if child.process is not None:
        child.process.wait()


def test_child__started_and_stopped__ends_and_its_output_is_kept(sleeper: Child) -> None:
    assert sleeper.process is not None
    assert os.getsid(sleeper.process.pid) == sleeper.process.pid, "Ctrl-C in the terminal does not reach it"
    assert not sleeper.revive(), "it runs"
    sleeper.stop()
    assert sleeper.pid is None
    sleeper.stop()
    assert "up" in sleeper.log.read_text()


def test_child__deaf_to_the_signal__is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children_module, "STOP_TIMEOUT_S", 0.2)
    child = Child("deaf", DEAF, tmp_path / "log")
    child.start()
    wait_for(child.log, "deaf")
    child.stop()
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_child__that_died__is_started_again_and_says_so(sleeper: Child) -> None:
    revived: list[int | None] = []
    sleeper.on_revived = lambda: revived.append(sleeper.pid)
    first = sleeper.pid
    assert sleeper.process is not None
    sleeper.process.kill()
    sleeper.process.wait()
    assert sleeper.revive()
    assert revived == [sleeper.pid]
    assert sleeper.pid not in {None, first}


def test_child__each_time_before_it_starts__is_prepared(tmp_path: Path) -> None:
    child = Child("short", [sys.executable, "-c", ""], tmp_path / "log")
    running: list[int | None] = []
    child.before_start = lambda: running.append(child.pid)
    child.start()
    assert child.process is not None
    child.process.wait()
    assert child.revive()
    child.process.wait()
    assert running == [None, None]


def test_child__that_dies_again_and_again__is_given_up_with_its_code_and_log(tmp_path: Path) -> None:
    child = Child("hopeless", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log")
    child.start()
    assert child.process is not None
    for _ in range(RESTARTS_MAX - 1):
        child.process.wait()
        assert child.revive()
    child.process.wait()
    with pytest.raises(ChildKeepsFailing) as failure:
        child.revive()
    assert failure.value.code == "up.child_failed"
    assert failure.value.fields == {"name": "hopeless", "exit_code": 3, "log": str(tmp_path / "log")}


def test_child__whose_deaths_are_long_ago__is_started_again(tmp_path: Path) -> None:
    child = Child("old", [sys.executable, "-c", ""], tmp_path / "log")
    child.start()
    assert child.process is not None
    child.process.wait()
    child.started = [child.started[0] - 3_600 * 10**9] * RESTARTS_MAX
    assert child.revive()
    assert len(child.started) == 1
    child.process.wait()


def test_pid_file__of_a_supervisor_that_was_killed__lets_the_next_one_end_what_it_left(
    sleeper: Child, tmp_path: Path
) -> None:
    pids = PidFile(tmp_path / "children.json")
    assert pids.end_left_behind() == []
    pids.write([sleeper])
    assert sleeper.process is not None
    assert PidFile(pids.path).end_left_behind() == [sleeper.process.pid]
    assert sleeper.process.wait(5) != 0
    assert not pids.path.exists()


def test_pid_file__of_processes_that_are_others_now__ends_nobody(sleeper: Child, tmp_path: Path) -> None:
    pids = PidFile(tmp_path / "children.json")
    pids.write([Child("another", ["something", "else"], tmp_path / "log", process=sleeper.process)])
    assert pids.end_left_behind() == []
    assert sleeper.pid is not None
    assert not pids.path.exists()


def test_supervisor__whose_server_never_answers__says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up_module, "READY_TIMEOUT_S", 0.5)
    supervisor = Supervisor(Settings(data_dir=tmp_path, port=free_port()), Console(quiet=True))
    monkeypatch.setattr(supervisor, "_begin", supervisor.children.append)
    with pytest.raises(ServerNotReady) as failure:
        supervisor._start_server("http://127.0.0.1:9")
    assert failure.value.code == "up.server_not_ready"
    assert failure.value.fields == {"log": str(tmp_path / "logs" / "server.log")}


def test_sample_year__that_waits_in_vain__says_for_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(year_module, "WAIT", timedelta(milliseconds=100))

    def silent() -> bool:
        raise Unavailable("not now")

    for condition in (lambda: False, silent):
        with pytest.raises(SampleYearStuck, match="rain") as failure:
            year_module._until(condition, "rain")
        assert failure.value.code == "sample_year.stuck"
    year_module._until(lambda: True, "nothing")
