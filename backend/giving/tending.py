"""What giving does by itself, again and again: campaigns decided in time, leftovers retired, pledges drawn, aid rounds
closed and concluded.
"""

from dataclasses import dataclass
from datetime import datetime

from backend.chain.contracts import Contracts
from backend.giving.aid_concluding import Concluded, FindBlock, advance_rounds
from backend.giving.deciding import Decided, decide_due
from backend.giving.pledge_drawing import Drawn, draw_due
from backend.storage.database import Database


@dataclass(frozen=True)
class Tended:
    """What a step handed to the outbox."""

    decided: Decided
    drawn: Drawn
    rounds: Concluded

    @property
    def moved(self) -> bool:
        """False: the next look is at the usual time."""
        return False


def tend(database: Database, contracts: Contracts, find_block: FindBlock, now: datetime) -> Tended:
    """One step. Harmless however often it is called: everything has its reference in the outbox. Raises
    NodeUnavailable.
    """
    return Tended(
        decide_due(database, contracts, now),
        draw_due(database, contracts, now),
        advance_rounds(database, contracts, find_block, now),
    )
