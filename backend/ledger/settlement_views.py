"""What settled a deficit, as JSON shows it."""

from backend.access.wire import Amount, Iso, Wire
from backend.ledger.deficit import Settlement


class SettlementOut(Wire):
    """What settled a part of a deficit. `deedId`: `/verify/{deedId}` proves it from the chain."""

    deed_id: str
    amount_gco2e: Amount
    at: Iso

    @classmethod
    def of(cls, settlement: Settlement) -> "SettlementOut":
        """As JSON."""
        return cls(deed_id=settlement.source.replace(":", "-"), amount_gco2e=settlement.amount_gco2e, at=settlement.at)
