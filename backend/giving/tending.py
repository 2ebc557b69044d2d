"""What giving does by itself, again and again: campaigns decided in time, leftovers retired, pledges drawn."""

from dataclasses import dataclass
from datetime import datetime

from backend.chain.contracts import Contracts
from backend.giving.deciding import Decided, decide_due
from backend.giving.pledge_drawing import Drawn, draw_due
from backend.storage.database import Database


@dataclass(frozen=True)
class Tended:
    """What a step handed to the outbox."""

    decided: Decided
    drawn: Drawn

    @property
    def moved(self) -> bool:
        """False: the next look is at the usual time."""
        return False


def tend(database: Database, contracts: Contracts, now: datetime) -> Tended:
    """One step. Harmless however often it is called: everything has its reference in the outbox."""
    return Tended(decide_due(database, contracts, now), draw_due(database, contracts, now))
