"""What a room must offer to have its tables follow the chain."""

from typing import Protocol

from sqlmodel import Session

from backend.chain.events import ChainEvent


class Projection(Protocol):
    """Tables that are a function of the chain's events alone.

    `apply` sees every event of our contracts in chain order, each once, inside its block's transaction. `undo` sees
    them in exactly the reverse order and must leave the tables as they were before `apply`, to the row. Neither may ask
    the network, commit, or depend on anything but the session and the event: the same events always make the same rows.
    """

    name: str

    def apply(self, session: Session, event: ChainEvent) -> None:
        """Takes one event in; ignores those of no concern."""
        ...

    def undo(self, session: Session, event: ChainEvent) -> None:
        """Takes the latest applied event back."""
        ...

    def reset(self, session: Session) -> None:
        """Empties the tables, before every event is applied again."""
        ...
