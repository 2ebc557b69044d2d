"""Which process owns the market: one at a time, by a lease in the database whose fencing token guards the journal.

The market owner keeps the books in memory, takes the commands, and is where the chain's news of funds has to arrive.
The others stand by: they send on what they are asked (`forward`), and one of them takes over when the owner is gone, at
once if it died on the same machine, after `OWNED_FOR` if nobody can tell.
"""

from datetime import timedelta

from sqlmodel import Session

from backend.chain.typed_data import Domain
from backend.kernel.clock import Clock
from backend.kernel.errors import Unavailable
from backend.link.lease import Holder, Lease, LeaseHeld, holder_of
from backend.storage.database import Database

OWNED_FOR = timedelta(seconds=10)
"""How long the market may go without a sign of life from its owner; renewed after half of it."""


class MarketMoved(Unavailable):
    """Another process took the market over before the command was journaled: it did not happen."""

    code = "market.moved"

    def __init__(self) -> None:
        super().__init__("the market moved to another process, so the command did not happen; try again in a moment")


class Ownership:
    """One process's claim to the market of one Exchange. `url`: where it answers over HTTP."""

    def __init__(self, *, database: Database, clock: Clock, exchange: Domain, url: str | None = None) -> None:
        self._database, self._clock = database, clock
        self._name = f"market {exchange.chain_id} {exchange.verifying_contract}"
        self._lease = Lease(database, self._name, clock, time=OWNED_FOR, url=url)

    @property
    def secret(self) -> str:
        """What the other processes, which read the same database, prove themselves by when they send something on."""
        return self._lease.secret

    @property
    def token(self) -> int:
        """The fencing token; it rises with every change of owner."""
        return self._lease.token

    def take(self) -> bool:
        """Takes or keeps the market; False if another process owns it. Raises DatabaseUnavailable."""
        try:
            self._lease.hold()
        except LeaseHeld:
            return False
        return True

    def require(self, session: Session) -> None:
        """In the transaction that only the owner may commit. Raises LeaseLost."""
        self._lease.require(session)

    def owner(self) -> Holder | None:
        """Who owns the market now. Raises DatabaseUnavailable."""
        with self._database.read() as session:
            return holder_of(session, self._name, self._clock.now())

    def give_up(self) -> None:
        """Lets another process take the market at once. Raises DatabaseUnavailable."""
        self._lease.release()
