"""What the scenes of the sample year act with."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.api.sample.cast import Actor, cast_of_the_year
from backend.api.sample.player import Player
from backend.chain.contracts import Contracts
from backend.giving.charity_desk import CharityDesk, desk_keys
from backend.kernel.clock import Clock
from backend.ledger.books import Books
from backend.storage.database import Database

CALIFORNIA, SICHUAN = "US-CA/2025/SIM", "CN-SC/2025/SIM"


@dataclass(frozen=True)
class Stage:
    """What scenes act with. `until(condition, what)` waits."""

    database: Database
    contracts: Contracts
    books: Books
    clock: Clock
    notes: MutableMapping[str, Any]
    player: Callable[[str], Player]
    until: Callable[[Callable[[], bool], str], None]

    def actor(self, key: str) -> Actor:
        """An actor by key."""
        return cast_of_the_year()[key]

    def noted_time(self, name: str, offset: timedelta = timedelta()) -> datetime:
        """Now plus an offset, the same whenever the scene is played again."""
        if name not in self.notes:
            self.notes[name] = (self.clock.now() + offset).isoformat()
        return datetime.fromisoformat(self.notes[name])

    def charity(self, key: str) -> CharityDesk:
        """A charity's own desk: it sends its transactions itself."""
        keys = desk_keys(self.actor(key).signer, self.actor(f"{key}-second").signer, self.contracts)
        return CharityDesk(self.database, self.contracts.w3, keys, self.contracts, self.clock)
