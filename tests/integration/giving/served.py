"""The API of a world behind a real server, and commands that ask it."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
import uvicorn
from typer.testing import CliRunner

from backend.chain.node import LocalNode
from tests.integration.giving.world import World
from tests.patience import until


@dataclass
class Place:
    """Where it is served, and what a command needs to find server and node."""

    world: World
    url: str
    chain: list[str]

    def run(self, app: typer.Typer, *args: object, code: int = 0) -> Any:
        """The JSON that a command prints."""
        return self._printed(app, [*args, "--url", self.url], code)

    def desk(self, app: typer.Typer, *args: object, code: int = 0, url: bool = True) -> Any:
        """The same of a charity at its node."""
        return self._printed(app, [*args, *self.chain, *(["--url", self.url] if url else [])], code)

    def offline(self, app: typer.Typer, *args: object) -> Any:
        """The same of a command that asks nobody."""
        return self._printed(app, [*args], 0)

    @staticmethod
    def _printed(app: typer.Typer, args: list[object], code: int) -> Any:
        ran = CliRunner().invoke(app, [*map(str, args), "--json"])
        assert ran.exit_code == code, ran.output
        return json.loads(ran.stdout)


@contextmanager
def serving(world: World, node: LocalNode, folder: Path) -> Iterator[Place]:
    """A server in a thread until the end."""
    file = folder / "deployment.json"
    world.contracts.deployment.save(file)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(world.client().app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until(lambda: server.started, "the server")
        where = ["--rpc", node.url, "--deployment", str(file)]
        yield Place(world, f"http://127.0.0.1:{listening.getsockname()[1]}", where)
        server.should_exit = True
        thread.join()
