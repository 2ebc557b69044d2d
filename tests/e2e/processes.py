"""Tanyu as real processes: a chain that can be killed, a server that can be killed at a named point."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from backend.access.client import ApiClient
from backend.chain.contracts import Contracts
from backend.chain.deploy import ClassSpec, deploy_all, local_roles
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer
from backend.chain.node import LocalNode, free_port
from backend.chain.rpc import connect
from backend.kernel.clock import SystemClock
from backend.market.listing import TICK, keep_rules
from backend.market.rules import ClassRules
from backend.storage.database import Database
from backend.storage.migrate import migrate
from backend.storage.settings import Settings
from tests.contract.people import CLASS_ID, People
from tests.patience import PATIENCE_S, until


@dataclass
class Processes:
    """A chain with its state in `folder`, deployed contracts, a migrated database, and one server."""

    folder: Path
    verifiers: tuple[str, ...] = ()
    """Instead of the development accounts."""
    database_url: str | None = None
    """Instead of an SQLite file in the folder; empty."""
    node: LocalNode = field(init=False)
    deployment: Deployment = field(init=False)
    settings: Settings = field(init=False)
    server: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.node = LocalNode(state_path=self.folder / "chain.json")
        w3 = self.node.start()
        classes = (ClassSpec("US-CA", 2025, "SIM", 10**12, 500),)
        roles = local_roles(classes)
        roles = replace(roles, verifiers=self.verifiers or roles.verifiers)
        self.deployment = deploy_all(w3, dev_signer(DevRole.GOVERNOR), roles)
        self.settings = Settings(
            data_dir=self.folder,
            rpc_url=self.node.url,
            port=free_port(),
            confirmations=0,
            DATABASE_URL=self.database_url,
        )
        self.deployment.save(self.settings.deployment_path)
        database = self.database()
        migrate(database)
        with database.write() as session:  # people trade at once here, whatever the time of the day
            keep_rules(session, ClassRules(CLASS_ID, tick=TICK), SystemClock().now())
        database.close()
        self.armed = self.folder / "crash-at"

    def database(self) -> Database:
        return Database(self.settings.database_url)

    @property
    def people(self) -> People:
        w3 = connect(self.node.url)
        return People(w3, Contracts(w3, self.deployment))

    def client(self) -> ApiClient:
        return ApiClient(self.settings.base_url)

    # --- the server ---

    def environment(self) -> dict[str, str]:
        """Of a server of this Tanyu."""
        given = {
            "TANYU_DATA_DIR": str(self.folder),
            "TANYU_PORT": str(self.settings.port),
            "TANYU_RPC_URL": self.node.url,
            "TANYU_CONFIRMATIONS": "0",
            "TANYU_CRASH_AT": f"@{self.armed}",
        }
        return os.environ | given | ({"DATABASE_URL": self.database_url} if self.database_url else {})

    def start_server(self) -> None:
        environment = self.environment()
        with (self.folder / "server.log").open("ab") as log:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "backend.cli", "serve"], stdout=log, stderr=log, env=environment
            )

    def wait_ready(self) -> None:
        def is_ready() -> bool:
            assert self.server is not None
            assert self.server.poll() is None, (self.folder / "server.log").read_text()[-3000:]
            with suppress(httpx.TransportError):
                return (
                    httpx.get(f"{self.settings.base_url}/ready", trust_env=False, timeout=PATIENCE_S).status_code == 200
                )
            return False

        until(is_ready, "the server")

    def kill_server(self) -> None:
        assert self.server is not None
        self.server.kill()
        self.server.wait()

    def server_ended(self) -> bool:
        return self.server is not None and self.server.poll() is not None

    def stop(self) -> None:
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            self.server.wait(30)
        self.node.stop()

    # --- the chain ---

    def kill_chain(self) -> None:
        """kill -9: up to a second of blocks is lost."""
        self.node.kill()

    def restart_chain(self) -> None:
        self.node.start()
