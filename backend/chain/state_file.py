"""The local chain's state on disk, and a whole copy of it.

anvil empties its state file and writes it anew every second, in place: killed in the middle it leaves a file that is
cut off, and then does not start. So a copy is kept beside it, written whole or not at all, and taken when the file
itself cannot be read.
"""

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from backend.chain.whole_file import write_whole
from backend.kernel.errors import Unavailable

HEAD_BYTES = 1024
NS_PER_S = 10**9
DUMP_INTERVAL_S = 1
"""How often anvil writes its state, whether or not anything happened."""


class StateLost(Unavailable):
    """The local chain's state is cut off and there is no whole copy of it."""

    code = "chain.state_lost"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"the local chain's state in {path} cannot be read, and there is no whole copy beside it: put {path.name} "
            f"back from a backup, or begin anew with another TANYU_DATA_DIR",
            path=str(path),
        )


def _stamp(file: os.stat_result) -> tuple[int, int]:
    return file.st_mtime_ns, file.st_size


def _is_closed(data: bytes) -> bool:
    """Whether a state is written to its end. Its texts are hexadecimal, so every brace opens or closes an object, and
    what is cut off anywhere has more that open. Parsing would cost ten times as much, each second.
    """
    return data.startswith(b"{") and data.count(b"{") == data.count(b"}")


def _whole(path: Path) -> bytes | None:
    """The bytes of a state that can be read; None if there is none or it is anything else."""
    try:
        data = path.read_bytes()
        return data if _is_closed(data) and {"accounts", "blocks"} <= json.loads(data).keys() else None
    except (FileNotFoundError, ValueError):
        return None


class StateFile:
    """anvil's state file at `path`, its copy, and the last one that could not be read, set aside."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.copy_path = path.with_suffix(".kept.json")
        self.aside_path = path.with_suffix(".broken.json")
        self._lock = threading.RLock()
        self._seen: tuple[int, int] | None = None
        self._kept: tuple[int, bytes] | None = None

    def keep(self) -> bool:
        """Copies the file if the chain went on since the last copy and nobody is writing it; whether it did."""
        with self._lock:
            try:
                return self._keep()
            except FileNotFoundError:  # not written yet, or the copy was taken away
                self._seen = self._kept = None
                return False

    def _keep(self) -> bool:
        with self.path.open("rb") as file:
            before = os.fstat(file.fileno())
            if _stamp(before) == self._seen:
                return False
            version = (before.st_size, _header(file.read(HEAD_BYTES)))
            file.seek(0)
            data = b"" if version == self._kept else file.read()
            if _stamp(os.fstat(file.fileno())) != _stamp(before):
                return False
        self._seen = _stamp(before)
        modified_ns = before.st_mtime_ns
        if version == self._kept:
            os.utime(self.copy_path, ns=(modified_ns, modified_ns))  # it is as good as this one
            return False
        if not _is_closed(data):
            return False
        write_whole(self.copy_path, data, modified_ns=modified_ns)
        self._kept = version
        return True

    def restore(self) -> str | None:
        """Before anvil starts: puts the copy in the place of a state that cannot be read, and says what that costs.

        None if all is well. Raises StateLost when neither can be read.
        """
        with self._lock:
            self._seen = self._kept = None
            if not self.path.exists() and not self.copy_path.exists():
                return None
            if _whole(self.path) is not None:
                self.keep()  # anvil empties the file within a second
                return None
            data = _whole(self.copy_path)
            if data is None:
                raise StateLost(self.path)
            kept_ns = self.copy_path.stat().st_mtime_ns
            sentence = f"the local chain goes on from the copy of {datetime.fromtimestamp(kept_ns // NS_PER_S, UTC)}"
            if self.path.exists():
                behind_s = max(0, self.path.stat().st_mtime_ns - kept_ns) // NS_PER_S + 1 + DUMP_INTERVAL_S
                sentence += (
                    f", which loses at most the last {behind_s} s: its state was cut off and is now {self.aside_path}"
                )
                self.path.replace(self.aside_path)
            else:
                sentence += f": {self.path} was missing"
            write_whole(self.path, data, modified_ns=kept_ns)
            return sentence


def _header(head: bytes) -> bytes:
    """What a state begins with, number, time and randomness of its last block: the rest comes in a random order."""
    return head.partition(b'"accounts"')[0]
