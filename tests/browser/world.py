"""A whole Tanyu to look at: a node and a server on a data folder in which the sample year has been played."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from backend.access.client import ApiClient
from backend.api.sample.cast import cast_of_the_year
from backend.api.web import DIST
from backend.chain.keys import Signer, dev_signer
from backend.chain.node import LocalNode, free_port
from backend.storage.database import Database
from backend.storage.migrate import migrate
from tests.patience import PATIENCE_S, until

SAMPLE_SETTING = "TANYU_TEST_SAMPLE"
"""Environment variable: a stopped Tanyu's data folder with the sample year, to spare the minute of playing it."""

RUNNING = "Ctrl-C stops everything"
NOT_READY = "the server was not ready within"
START_S = 4 * PATIENCE_S
"""For a server to be ready: its imports alone are seven seconds of a processor, and others want it too."""

STRANGER_FIRST = 200


@dataclass
class World:
    """One running Tanyu: its node, and its server with the built pages."""

    folder: Path
    port: int = field(default_factory=free_port)
    node: LocalNode = field(init=False)
    _strangers: "count[int]" = field(default_factory=lambda: count(STRANGER_FIRST))
    _server: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.node = LocalNode(state_path=self.folder / "chain.json")

    @property
    def url(self) -> str:
        """Where the pages are. By name: passkeys are for names, not for addresses."""
        return f"http://localhost:{self.port}"

    @property
    def rpc_url(self) -> str:
        """The node, as an auditor names it."""
        return self.node.url

    def person(self, key: str) -> Signer:
        """Somebody of the sample year, such as `chengdu-flat-1`, `trader`, `verifier-a`, `pool-charity`."""
        return cast_of_the_year()[key].signer

    def stranger(self) -> Signer:
        """Somebody nobody has heard of, another each time."""
        return dev_signer(next(self._strangers))

    def client(self, person: Signer | None = None) -> ApiClient:
        """The API past the pages, signed in if somebody is named: to prepare a story, or to look behind it."""
        client = ApiClient(self.url)
        if person is not None:
            client.sign_in(person)
        return client

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`tanyu` with arguments, of this Tanyu."""
        return subprocess.run(
            [sys.executable, "-m", "backend.cli", *arguments],
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
        )

    # --- starting and stopping ---

    @property
    def environment(self) -> dict[str, str]:
        """Of a command of this Tanyu."""
        return os.environ | {
            "TANYU_DATA_DIR": str(self.folder),
            "TANYU_PORT": str(self.port),
            "TANYU_CHAIN_PORT": str(self.node.port),
        }

    @property
    def log(self) -> Path:
        """Of the server."""
        return self.folder / "server.log"

    def start(self) -> None:
        """Returns when the server is ready."""
        assert (DIST / "index.html").exists(), "the pages are not built: npm run build in web/, or scripts/test"
        self.node.start()
        database = Database.at(self.folder / "tanyu.db")
        migrate(database)
        database.close()
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "backend.cli", "serve"], stdout=log, stderr=log, env=self.environment
            )
        until(self._is_ready, "the server", START_S)

    def _is_ready(self) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, self.log.read_text()[-3000:]
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/ready", trust_env=False, timeout=PATIENCE_S).status_code == 200
        return False

    def stop(self) -> None:
        """Ends both; everything stays in the folder."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(PATIENCE_S)
        self.node.stop()


def play_sample(folder: Path) -> Path:
    """A stopped Tanyu's folder with the sample year in it."""
    given = os.environ.get(SAMPLE_SETTING)
    if given is not None:
        assert (Path(given) / "sample-year.json").exists(), f"{SAMPLE_SETTING}: no sample year in {given}"
        return Path(given)
    environment = World(folder).environment
    while NOT_READY in (said := _up_and_down(environment)):
        pass  # on a machine that busy; what was done so far is found and gone on from
    assert RUNNING in said, said
    return folder


def _up_and_down(environment: dict[str, str]) -> str:
    """`tanyu up` until it says that it runs, or ended; what it said."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backend.cli", "up"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if RUNNING in line:
            process.send_signal(signal.SIGINT)
    process.stdout.close()
    process.wait(PATIENCE_S)
    return "".join(said)


def world_of(sample: Path, folder: Path) -> World:
    """A world of its own, with the sample year behind it; not started."""
    shutil.copytree(sample, folder, dirs_exist_ok=True)
    return World(folder)
