"""What a class's market is doing: whether orders may come in, and whether they meet at once. Pure."""

from enum import StrEnum


class Phase(StrEnum):
    """The phases of a class. A cancellation is taken in every one of them."""

    CLOSED = "closed"
    """Outside trading hours: no orders."""
    PRE_OPEN = "pre_open"
    """Orders collect; the call that will match them has not begun."""
    CALL = "call"
    """Orders collect until the auction."""
    VOLATILITY_CALL = "volatility_call"
    """As `call`, because prices left their band."""
    LISTED = "listed"
    """Posted offers: they rest, and who wants one takes it at its price, at once."""
    CONTINUOUS = "continuous"
    """Orders meet at once, by price and time."""
    CANCEL_ONLY = "cancel_only"
    """No new orders; what rests may leave or shrink."""
    HALTED = "halted"
    """No new orders, no changes but cancellations."""

    @property
    def matches(self) -> bool:
        """Whether an order that comes in meets those that rest."""
        return self in {Phase.LISTED, Phase.CONTINUOUS}

    @property
    def collects(self) -> bool:
        """Whether orders come in without meeting, to be matched in an auction."""
        return self in {Phase.PRE_OPEN, Phase.CALL, Phase.VOLATILITY_CALL}

    @property
    def takes_orders(self) -> bool:
        """Whether a new order may come in at all."""
        return self.matches or self.collects
