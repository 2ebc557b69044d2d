"""Child processes of `tanyu up`: started, watched, started again when they die, stopped in order; none is left behind.

Their pids are written to the data folder, so that after a supervisor was killed the next one ends what it left.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backend.chain.whole_file import write_whole
from backend.kernel.errors import Unavailable

STOP_TIMEOUT_S = 20
RESTARTS_MAX = 5
RESTART_WINDOW_S = 60
POLL_S = 0.1  # money-lint: seconds


class ChildKeepsFailing(Unavailable):
    """A part of Tanyu ends again and again."""

    code = "up.child_failed"

    def __init__(self, name: str, code: int, log: Path) -> None:
        super().__init__(
            f"{name} ended {RESTARTS_MAX} times within {RESTART_WINDOW_S} s, last with code {code}; see {log}",
            name=name,
            exit_code=code,
            log=str(log),
        )


@dataclass
class Child:
    """One process. Output goes to `log`; it runs in a session of its own, so Ctrl-C reaches the supervisor alone."""

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    before_start: Callable[[], None] | None = None
    """What to do before each start, the first and those after it died."""
    on_revived: Callable[[], None] | None = None
    """What to do once it runs again after it died."""
    process: subprocess.Popen[bytes] | None = None
    started: list[int] = field(default_factory=list)

    def start(self) -> None:
        """Starts it."""
        if self.before_start is not None:
            self.before_start()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | dict(self.environment),
                start_new_session=True,
            )
        self.started.append(time.monotonic_ns())

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return None if self.process is None or self.process.poll() is not None else self.process.pid

    def revive(self) -> bool:
        """Starts it again if it ended; whether it had. Raises ChildKeepsFailing when that happens too often."""
        if self.process is None or self.process.poll() is None:
            return False
        horizon = time.monotonic_ns() - RESTART_WINDOW_S * 10**9
        self.started = [at for at in self.started if at >= horizon]
        if len(self.started) >= RESTARTS_MAX:
            raise ChildKeepsFailing(self.name, self.process.returncode, self.log)
        self.start()
        if self.on_revived is not None:
            self.on_revived()
        return True

    def stop(self) -> None:
        """Asks it to end, and ends it if it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class PidFile:
    """Which children run, by command, for the supervisor that comes after one that was killed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, children: list[Child]) -> None:
        """Records the running children."""
        running = {str(child.pid): child.command for child in children if child.pid is not None}
        write_whole(self.path, json.dumps(running).encode())

    def clear(self) -> None:
        """All ended."""
        self.path.unlink(missing_ok=True)

    def end_left_behind(self) -> list[int]:
        """Ends recorded processes that still run the very command recorded; their pids."""
        if not self.path.exists():
            return []
        ended = []
        for pid, command in json.loads(self.path.read_text()).items():
            if _command_of(int(pid)) == command:
                os.kill(int(pid), signal.SIGINT)
                _wait_ended(int(pid))
                ended.append(int(pid))
        self.clear()
        return ended


def _command_of(pid: int) -> list[str] | None:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    return raw.decode(errors="replace").rstrip("\0").split("\0")


def _wait_ended(pid: int) -> None:
    for _ in range(STOP_TIMEOUT_S * 10):
        if _command_of(pid) in (None, [""]):
            return
        time.sleep(POLL_S)
    os.kill(pid, signal.SIGKILL)
