"""The local chain: anvil as a child process on 127.0.0.1 that keeps its state (docs/adr/0002).

anvil writes its state every second: a killed node loses at most its last second of blocks, which the outbox and the
indexer treat as any other reorganisation.
"""

import contextlib
import platform
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from requests.exceptions import RequestException
from web3 import Web3
from web3.types import RPCEndpoint

from backend.chain.artifacts import CHECKOUT
from backend.chain.rpc import LOCAL_CHAIN_ID, connect
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.errors import Unavailable

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 20
POLL_S = 0.05  # money-lint: seconds
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
    """One anvil process. With `state_path` its state survives a restart; without, it lives in memory."""

    port: int = field(default_factory=free_port)
    state_path: Path | None = None
    log_path: Path | None = None
    block_time_s: int | None = None
    genesis_unix_s: int | None = None
    process: subprocess.Popen[bytes] | None = None

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
            command += ["--state", str(self.state_path), "--state-interval", "1", "--preserve-historical-states"]
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
            kept.write_text(str(unix_s(SystemClock().now())))
        return int(kept.read_text())

    def set_clock(self) -> None:
        """Has the next block made at the time it is: after a start anvil would go on from the time of genesis."""
        if self.state_path is not None:
            connect(self.url).provider.make_request(RPCEndpoint("evm_setTime"), [unix_s(SystemClock().now())])

    def start(self) -> Web3:
        """Starts it and waits until it answers; raises NodeFailed."""
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(self.log_path.open("ab")) if self.log_path else subprocess.DEVNULL
            self.process = subprocess.Popen(  # noqa: S603 - our own binary with our own arguments
                self.command(), stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        process = self.process
        try:
            return self.wait_until_it_answers(lambda: process.poll() is None)
        except NodeFailed:
            self.kill()
            raise

    def wait_until_it_answers(self, is_running: Callable[[], bool]) -> Web3:
        """Waits while the process runs; raises NodeFailed when it ended or stays silent."""
        w3 = connect(self.url)
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if not is_running():
                raise NodeFailed(f"anvil ended; is port {self.port} taken?")
            with contextlib.suppress(RequestException):
                if w3.eth.chain_id == LOCAL_CHAIN_ID:
                    self.set_clock()
                    return w3
            time.sleep(POLL_S)
        raise NodeFailed(f"no answer within {START_TIMEOUT_S} s")

    def stop(self) -> None:
        """Asks it to write its state and end; kills it only if it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Ends it at once; its last second of blocks may be lost."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
