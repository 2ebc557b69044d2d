"""The JSON of what is owed, and of what was retired for an account."""

from backend.access.wire import AddressText, Amount, HexBytes32, Iso, Wire
from backend.chain.class_id import class_code
from backend.giving.owing import MarketCost, Owed
from backend.ledger.deficit import Settlement
from backend.link.tables import CreditBalance


class CreditsOut(Wire):
    """Grams of one class."""

    class_code: str
    class_id: Amount
    amount_gco2e: Amount


class RetiredOut(Wire):
    """What was retired for an account, whoever gave it; on the chain it never moves again. Grams."""

    account: AddressText
    amount_gco2e: Amount
    by_class: tuple[CreditsOut, ...]

    @classmethod
    def of(cls, account: str, rows: list[CreditBalance]) -> "RetiredOut":
        """As JSON."""
        by_class = tuple(
            CreditsOut(class_code=class_code(row.class_id), class_id=row.class_id, amount_gco2e=row.retired_gco2e)
            for row in rows
            if row.retired_gco2e
        )
        return cls(account=account, amount_gco2e=sum(one.amount_gco2e for one in by_class), by_class=by_class)


class SettlementOut(Wire):
    """What settled a part of a deficit. `deedId`: `/verify/{deedId}` proves it from the chain."""

    deed_id: str
    amount_gco2e: Amount
    at: Iso

    @classmethod
    def of(cls, settlement: Settlement) -> "SettlementOut":
        """As JSON."""
        return cls(deed_id=settlement.source.replace(":", "-"), amount_gco2e=settlement.amount_gco2e, at=settlement.at)


class OfferOut(Wire):
    """What would be bought of one class: `lots` of 1 kg for `cost`, the dearest at `worstPerKg`."""

    class_code: str
    class_id: Amount
    lots: Amount
    worst_per_kg: Amount
    cost: Amount


class MarketCostOut(Wire):
    """What the rest costs at the book now: `lots` of the `lotsWanted` are offered. Payment-token base units; the fee is
    at most this, on top. A promise of nobody: the next order may change it.
    """

    lots_wanted: Amount
    lots: Amount
    cost: Amount
    fee: Amount
    offers: tuple[OfferOut, ...]

    @classmethod
    def of(cls, found: MarketCost) -> "MarketCostOut":
        """As JSON."""
        offers = tuple(
            OfferOut(
                class_code=class_code(offer.class_id),
                class_id=offer.class_id,
                lots=offer.lots,
                worst_per_kg=offer.worst_per_kg,
                cost=offer.cost,
            )
            for offer in found.offers
        )
        return cls(lots_wanted=found.lots_wanted, lots=found.lots, cost=found.cost, fee=found.fee, offers=offers)


class OwedOut(Wire):
    """A deficit, settled or not, in grams. Retiring credits of its region, of its vintage or earlier, under `reference`
    settles it; so does a grant. `netted`: paid by later surpluses. `ownCredits`: what of yours would do.
    """

    vintage: int
    region: str
    amount_gco2e: Amount
    settled_gco2e: Amount
    netted_gco2e: Amount
    outstanding_gco2e: Amount
    settle_by: Iso
    overdue: bool
    reference: HexBytes32
    settlements: tuple[SettlementOut, ...]
    own_credits: tuple[CreditsOut, ...]
    market: MarketCostOut

    @classmethod
    def of(cls, owed: Owed) -> "OwedOut":
        """As JSON."""
        deficit = owed.deficit
        return cls(
            vintage=deficit.vintage,
            region=deficit.region,
            amount_gco2e=deficit.amount_gco2e,
            settled_gco2e=owed.settled_gco2e,
            netted_gco2e=owed.netted_gco2e,
            outstanding_gco2e=deficit.outstanding_gco2e,
            settle_by=owed.settle_by,
            overdue=owed.is_overdue,
            reference=deficit.reference,
            settlements=tuple(SettlementOut.of(one) for one in owed.settlements),
            own_credits=tuple(
                CreditsOut(class_code=class_code(class_id), class_id=class_id, amount_gco2e=amount)
                for class_id, amount in owed.own.items()
            ),
            market=MarketCostOut.of(owed.market),
        )
