"""`tanyu up`: chain, contracts, schema, server, and on first start the sample year; until Ctrl-C.

Every start goes through the same steps; each finds what is already there. The lock on the data folder lets one
supervisor at a time work with it.
"""

import fcntl
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import httpx
from rich.console import Console

from backend.api.children import Child, PidFile
from backend.api.classes import ClassOpening
from backend.api.program import tanyu_program
from backend.api.sample.year import SampleYear
from backend.api.web import PagesNotBuilt, is_built
from backend.chain.compile import compile_contracts
from backend.chain.contracts import Contracts
from backend.chain.deploy import deploy_all, local_roles
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer, require_dev_chain
from backend.chain.node import LocalNode, NodeFailed
from backend.chain.rpc import LOCAL_CHAIN_ID, connect, network_of
from backend.issuance.class_opening import GovernorDesk, class_specs
from backend.kernel.clock import SystemClock
from backend.kernel.errors import Conflict, Unavailable
from backend.ledger.policy import shipped_policies
from backend.storage.database import Database
from backend.storage.migrate import migrate
from backend.storage.settings import Settings

READY_TIMEOUT_S = 60
POLL_S = 0.2  # money-lint: seconds


class DataFolderInUse(Conflict):
    """Another Tanyu works with the same data folder."""

    code = "up.data_folder_in_use"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"another Tanyu is running on {folder}; give this one its own TANYU_DATA_DIR", folder=str(folder)
        )


class ServerNotReady(Unavailable):
    """The server did not come up."""

    code = "up.server_not_ready"

    def __init__(self, log: Path) -> None:
        super().__init__(f"the server was not ready within {READY_TIMEOUT_S} s; see {log}", log=str(log))


class _Stop(Exception):
    """Ctrl-C or SIGTERM arrived."""


def _raise_stop(_signal: int, _frame: FrameType | None) -> None:
    raise _Stop


@contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    settings.make_data_dir()
    folder = settings.data_dir
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise DataFolderInUse(folder) from taken
        yield


class Supervisor:
    """One run of Tanyu on one data folder."""

    def __init__(self, settings: Settings, console: Console, *, sample: bool = True) -> None:
        self.settings = settings.model_copy(update={"data_dir": settings.data_dir.resolve()})
        self.console = console
        self.sample = sample
        self.logs = self.settings.data_dir / "logs"
        self.children: list[Child] = []
        self.pids = PidFile(self.settings.data_dir / "children.json")
        self.node: LocalNode | None = None
        self.classes: ClassOpening | None = None

    def run(self) -> None:
        """Runs until Ctrl-C or SIGTERM; raises what made it impossible. Stops everything it started in any case."""
        signal.signal(signal.SIGINT, _raise_stop)
        signal.signal(signal.SIGTERM, _raise_stop)
        with _locked(self.settings):
            try:
                self.pids.end_left_behind()
                self._start()
                self._watch()
            except _Stop:
                self.console.print("\nStopping ...")
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                for child in reversed(self.children):
                    child.stop()
                if self.node is not None:
                    self.node.end_keeping()
                self.pids.clear()
        self.console.print("Stopped. Everything is kept in", str(self.settings.data_dir))

    def _start(self) -> None:
        if compile_contracts():
            self.console.print("Contracts compiled.")
        rpc_url = self.settings.rpc_url or self._start_chain()
        deployment = self._deploy(rpc_url)
        database = Database.of(self.settings)
        if migrate(database):
            self.console.print("Database schema is up to date.")
        database.close()
        self._start_server(rpc_url)
        if deployment.chain_id == LOCAL_CHAIN_ID:
            self._begin_opening_classes(deployment, rpc_url)
        if self.sample and deployment.chain_id == LOCAL_CHAIN_ID:
            SampleYear(self.settings, deployment, rpc_url, self.console).play()
        self._say_where_to_look(deployment, rpc_url)

    def _start_chain(self) -> str:
        log = self.logs / "chain.log"
        node = LocalNode(self.settings.local_chain_port, self.settings.chain_state_path, log)
        chain = Child("the local chain", node.command(), log)

        def prepare() -> None:
            if said := node.prepare():
                self.console.print(f"[yellow]{said}[/]", soft_wrap=True)

        chain.before_start = prepare

        def wait_again() -> None:
            with suppress(NodeFailed):  # if it ended once more, it is started once more
                node.wait_until_it_answers(lambda: chain.pid is not None)

        chain.on_revived = wait_again
        self._begin(chain)
        self.node = node
        node.begin_keeping()
        node.wait_until_it_answers(lambda: chain.pid is not None)
        return node.url

    def _deploy(self, rpc_url: str) -> Deployment:
        path, w3 = self.settings.deployment_path, connect(rpc_url)
        if path.exists():
            deployment = Deployment.load(path)
            deployment.check(w3)
            return deployment
        require_dev_chain(network_of(w3).chain_id)
        deployment = deploy_all(w3, dev_signer(DevRole.GOVERNOR), local_roles(class_specs(shipped_policies())))
        deployment.save(path)
        self.console.print(f"Contracts deployed at block {deployment.block_number}.")
        return deployment

    def _begin_opening_classes(self, deployment: Deployment, rpc_url: str) -> None:
        contracts, clock = Contracts(connect(rpc_url), deployment), SystemClock()
        governor = GovernorDesk(contracts, dev_signer(DevRole.GOVERNOR), clock)
        self.classes = ClassOpening(governor, clock, lambda sentence: self.console.print(sentence, soft_wrap=True))
        self.classes.step()

    def _start_server(self, rpc_url: str) -> None:
        environment = {
            "TANYU_DATA_DIR": str(self.settings.data_dir),
            "TANYU_PORT": str(self.settings.port),
            "TANYU_RPC_URL": rpc_url,
        }
        log = self.logs / "server.log"
        self._begin(Child("the server", [sys.executable, "-m", "backend.cli", "serve"], log, environment))
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            self._revive()
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.settings.base_url}/ready", trust_env=False).status_code == 200:
                    return
            time.sleep(POLL_S)
        raise ServerNotReady(log)

    def _begin(self, child: Child) -> None:
        child.start()
        self.children.append(child)
        self.pids.write(self.children)

    def _watch(self) -> None:
        while True:
            self._revive()
            if self.classes is not None:
                self.classes.step()
            time.sleep(POLL_S)

    def _revive(self) -> None:
        for child in self.children:
            if child.revive():
                self.pids.write(self.children)
                self.console.print(f"[yellow]{child.name} ended and was started again; see {child.log}[/]")

    def _say_where_to_look(self, deployment: Deployment, rpc_url: str) -> None:
        def say(line: str) -> None:
            self.console.print(line, soft_wrap=True)

        program = tanyu_program()
        say(f"\n[bold]Tanyu is running:[/] {self.settings.base_url}")
        say(f"  API reference   {self.settings.base_url}/docs")
        say(f"  chain (RPC)     {rpc_url}, chain id {deployment.chain_id}")
        say(f"  audit it        {program} audit --rpc {rpc_url} --deployment {self.settings.deployment_path}")
        if deployment.chain_id == LOCAL_CHAIN_ID:
            say(f"  accounts        development keys, public, refused on any other chain: [bold]{program} accounts[/]")
        if not is_built():
            say(f"[bold yellow]{PagesNotBuilt()}[/]")
        say("Ctrl-C stops everything; started again, everything is still there.")
