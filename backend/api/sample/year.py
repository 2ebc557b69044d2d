"""The sample year, played once on a fresh local chain: from meter readings to statements, credits, trades, gifts.

Ledger acts of the past year go through the ledger's own functions; everything a person signs goes over HTTP, like
anybody's. Each step is noted when done and can be played again from its beginning, so a kill half-way loses nothing.
"""

import json
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from backend.api.sample import giving_scenes, ledger_scenes, market_scenes, name_scenes
from backend.api.sample.cast import cast_of_the_year
from backend.api.sample.player import Player
from backend.api.sample.stage import Stage
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.rpc import connect
from backend.kernel.clock import SystemClock
from backend.kernel.errors import Unavailable
from backend.ledger.books import Books
from backend.ledger.personhood import LedgerKeys
from backend.storage.database import Database
from backend.storage.settings import Settings

WAIT = timedelta(seconds=60)
POLL_S = 0.1  # money-lint: seconds


SCENES: tuple[Callable[[Stage], None], ...] = (
    ledger_scenes.people_join,
    ledger_scenes.statements_close,
    ledger_scenes.verifiers_attest,
    ledger_scenes.batches_are_anchored,
    ledger_scenes.credits_are_minted,
    name_scenes.charities_are_named,
    market_scenes.money_and_approvals,
    giving_scenes.campaigns_open,
    market_scenes.markets_open,
    market_scenes.californians_trade,
    market_scenes.sichuanese_trade,
    giving_scenes.people_give_and_retire,
    giving_scenes.charities_act,
    giving_scenes.somebody_pledges,
    giving_scenes.aid_takes_applications,
    market_scenes.some_orders_stay,
)


class SampleYearStuck(Unavailable):
    """Something the sample year waits for does not happen."""

    code = "sample_year.stuck"

    def __init__(self, what: str) -> None:
        super().__init__(f"waited {WAIT.seconds} s for {what}; see the server's log", what=what)


class Notes(MutableMapping[str, Any]):
    """A dictionary that is written to its file at every change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value
        self._save()

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        self._save()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _save(self) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._values, indent=1, sort_keys=True))
        fresh.replace(self._path)


class SampleYear:
    """Plays what is not yet done. The server must be running."""

    def __init__(self, settings: Settings, deployment: Deployment, rpc_url: str, console: Console) -> None:
        self._settings, self._console = settings, console
        self._contracts = Contracts(connect(rpc_url), deployment)
        self._notes = Notes(settings.data_dir / "sample-year.json")

    def play(self) -> None:
        """All scenes that are not noted as done. Raises SampleYearStuck, or what went wrong."""
        left = [scene for scene in SCENES if f"done {scene.__name__}" not in self._notes]
        if not left:
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with self._stage() as stage, Progress(*columns, console=self._console) as progress:
            task = progress.add_task("Sample year", total=len(left))
            for scene in left:
                progress.update(task, description=f"Sample year: {(scene.__doc__ or '').splitlines()[0].rstrip('.')}")
                scene(stage)
                self._notes[f"done {scene.__name__}"] = True
                progress.advance(task)
            progress.update(task, description="Sample year: played")

    @contextmanager
    def _stage(self) -> Iterator[Stage]:
        database = Database.of(self._settings)
        players: dict[str, Player] = {}

        def player(key: str) -> Player:
            if key not in players:
                actor = cast_of_the_year()[key]
                players[key] = Player(actor, self._settings.base_url, self._contracts, self._notes)
            return players[key]

        try:
            yield Stage(
                database=database,
                contracts=self._contracts,
                books=Books.development(LedgerKeys.at(self._settings.data_dir / "ledger-keys.json")),
                clock=SystemClock(),
                notes=self._notes,
                player=player,
                until=_until,
            )
        finally:
            for one in players.values():
                one.close()
            database.close()


def _until(condition: Callable[[], bool], what: str) -> None:
    """Waits for what the server and the chain bring about; raises SampleYearStuck."""
    deadline = time.monotonic_ns() + WAIT // timedelta(microseconds=1) * 1000
    while time.monotonic_ns() < deadline:
        with suppress(Unavailable):
            if condition():
                return
        time.sleep(POLL_S)
    raise SampleYearStuck(what)
