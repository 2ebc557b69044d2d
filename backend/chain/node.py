"""The local chain: anvil as a child process on 127.0.0.1 that keeps its state (docs/adr/0002).

anvil writes its state every second: a killed node loses its last second of blocks, or a few when it was killed while
it wrote (chain.state_file). The outbox and the indexer treat that as any other reorganisation.
"""

import contextlib
import os
import platform
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from requests.exceptions import RequestException
from web3 import Web3
from web3.types import RPCEndpoint

from backend.chain.artifacts import CHECKOUT
from backend.chain.rpc import LOCAL_CHAIN_ID, connect
from backend.chain.state_file import DUMP_INTERVAL_S, StateFile
from backend.chain.state_keeper import StateKeeper
from backend.chain.whole_file import write_whole
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.errors import Unavailable

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
POLL_S = 0.05  # money-lint: seconds
LAST_WORDS_BYTES = 600
HARDFORK = "prague"
DEV_ACCOUNTS = 10
"""Accounts with local ether: those that send transactions. Persons need none."""


class NodeFailed(Unavailable):
    """The local chain did not start."""

    code = "chain.node_failed"

    def __init__(self, why: str) -> None:
        super().__init__(f"the local chain did not start: {why}", why=why)


def anvil_binary() -> Path:
    """The anvil of hardhat-local for this machine; raises NodeFailed."""
    system = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}.get(platform.system(), "unknown")
    machine = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "amd64"
    name = "anvil.exe" if system == "win32" else "anvil"
    path = CHECKOUT / "hardhat-local" / "node_modules" / "@foundry-rs" / f"anvil-{system}-{machine}" / "bin" / name
    if not path.exists():
        raise NodeFailed(f"{path} is missing: run scripts/run, which installs it")
    return path


def _is_taken(port: int) -> bool:
    with socket.socket() as caller:
        caller.settimeout(1)
        return caller.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A TCP port nobody listens on at 127.0.0.1 now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class LocalNode:
    """One anvil process. With `state_path` its state survives a restart; without, it lives in memory.

    What anvil says goes to the end of `log_path`, or else to a file of no name.
    """

    port: int = field(default_factory=free_port)
    state_path: Path | None = None
    log_path: Path | None = None
    block_time_s: int | None = None
    genesis_unix_s: int | None = None
    process: subprocess.Popen[bytes] | None = None
    _state: StateFile | None = field(default=None, init=False, repr=False)
    _keeper: StateKeeper | None = field(default=None, init=False, repr=False)
    _output: IO[bytes] | None = field(default=None, init=False, repr=False)
    _output_from: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.state_path is not None:
            self._state = StateFile(self.state_path)

    @property
    def url(self) -> str:
        """Where it serves JSON-RPC."""
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """The command line that starts it now; raises NodeFailed if anvil is not installed or the port is taken.

        Whatever has the port could be another local chain, which would answer in the place of this one.
        """
        if _is_taken(self.port):
            raise NodeFailed(f"port {self.port} is taken")
        command = [str(anvil_binary()), "--host", "127.0.0.1", "--port", str(self.port)]
        command += [
            "--chain-id",
            str(LOCAL_CHAIN_ID),
            "--hardfork",
            HARDFORK,
            "--accounts",
            str(DEV_ACCOUNTS),
            "--quiet",
        ]
        if self.state_path is not None:
            self.state_path.parent.mkdir(parents=True, exist_ok=True)
            command += ["--state", str(self.state_path), "--state-interval", str(DUMP_INTERVAL_S)]
            command.append("--preserve-historical-states")
        if self.block_time_s is not None:
            command += ["--block-time", str(self.block_time_s)]
        genesis_unix_s = self._genesis_unix_s()
        if genesis_unix_s is not None:
            command += ["--timestamp", str(genesis_unix_s)]
        return command

    def _genesis_unix_s(self) -> int | None:
        """The time of block 0, kept beside the state: anvil makes a genesis block at every start and writes all of them
        to the state, so that with another time the chain could come back under another genesis.
        """
        if self.genesis_unix_s is not None or self.state_path is None:
            return self.genesis_unix_s
        kept = self.state_path.with_suffix(".genesis-time")
        if not kept.exists():
            write_whole(kept, str(unix_s(SystemClock().now())).encode())
        return int(kept.read_text())

    def set_clock(self) -> None:
        """Has the next block made at the time it is: after a start anvil would go on from the time of genesis."""
        if self.state_path is not None:
            connect(self.url).provider.make_request(RPCEndpoint("evm_setTime"), [unix_s(SystemClock().now())])

    def prepare(self) -> str | None:
        """Before each start: sees to it that there is a state to start from. A sentence, also in the log, if it had to
        take the copy, and raises StateLost if there is none.
        """
        said = None if self._state is None else self._state.restore()
        if said is not None:
            self._log(said)
        self._output_from = self.log_path.stat().st_size if self.log_path and self.log_path.exists() else 0
        return said

    def _log(self, sentence: str) -> None:
        if self.log_path is not None:
            self.log_path.parent.mkdir(parents=True, exist_ok=True)
            with self.log_path.open("a") as log:
                log.write(f"{SystemClock().now().isoformat(timespec='seconds')} {sentence}\n")

    def start(self) -> Web3:
        """Starts it and waits until it answers; raises NodeFailed, or StateLost."""
        self.end_keeping()
        command = self.command()
        self.prepare()
        self._output = self.log_path.open("ab+") if self.log_path else tempfile.TemporaryFile()  # noqa: SIM115 - open while it runs
        self.process = subprocess.Popen(  # noqa: S603 - our own binary with our own arguments
            command, stdout=self._output, stderr=subprocess.STDOUT, start_new_session=True
        )
        self.begin_keeping()
        process = self.process
        try:
            return self.wait_until_it_answers(lambda: process.poll() is None)
        except NodeFailed:
            self.kill()
            raise

    def begin_keeping(self) -> None:
        """While it runs: keeps the copy of its state fresh."""
        if self._state is not None:
            self._keeper = StateKeeper(self._state, self._log)
            self._keeper.start()

    def end_keeping(self) -> None:
        """Once it ended: makes the last copy."""
        if self._keeper is not None:
            self._keeper.stop()
            self._keeper = None
        if self._output is not None:
            self._output.close()
            self._output = None

    def wait_until_it_answers(self, is_running: Callable[[], bool]) -> Web3:
        """Waits while the process runs; raises NodeFailed when it ended or stays silent."""
        w3 = connect(self.url)
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if not is_running():
                raise NodeFailed(self._why_it_ended())
            with contextlib.suppress(RequestException):
                if w3.eth.chain_id == LOCAL_CHAIN_ID:
                    self.set_clock()
                    return w3
            time.sleep(POLL_S)
        raise NodeFailed(f"no answer within {START_TIMEOUT_S} s")

    def _why_it_ended(self) -> str:
        words = self._last_words()
        why = f"anvil ended and said: {words}" if words else "anvil ended without a word"
        return f"port {self.port} is taken; {why}" if _is_taken(self.port) else why

    def _last_words(self) -> str:
        """What anvil said since it was started, the end of it."""
        with contextlib.ExitStack() as stack:
            output = self._output
            if output is None:
                if self.log_path is None or not self.log_path.exists():
                    return ""
                output = stack.enter_context(self.log_path.open("rb"))
            end = os.fstat(output.fileno()).st_size
            since = max(self._output_from, end - LAST_WORDS_BYTES)
            said = os.pread(output.fileno(), LAST_WORDS_BYTES, since).decode(errors="replace")
        return " ".join(said.split())

    def stop(self) -> None:
        """Asks it to write its state and end; kills it only if it does not."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.end_keeping()

    def kill(self) -> None:
        """Ends it at once; its last seconds of blocks may be lost."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.end_keeping()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
