"""The JSON of what is owed, and of what was retired for an account."""

from backend.access.wire import AddressText, Amount, HexBytes32, Iso, Wire
from backend.chain.class_id import class_code
from backend.giving.aid_application import ApplicationView
from backend.giving.aid_way import AidChance, AidWay, stage_of
from backend.giving.kinds import AidStage
from backend.giving.owing import MarketCost, Owed
from backend.giving.receipt import receipt_id_of
from backend.ledger.settlement_views import SettlementOut
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


class OfferOut(Wire):
    """What would be bought of one class: `lots` of 1 kg for `cost`, the dearest at `worstPerKg`."""

    class_code: str
    class_id: Amount
    lots: Amount
    worst_per_kg: Amount
    cost: Amount


class MarketCostOut(Wire):
    """What the rest costs at the book now: `lots` of the `lotsWanted` are offered, and `cost` pays for those alone.
    Payment-token base units; the fee is at most this, on top. A promise of nobody: the next order may change it.
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


class AidChanceOut(Wire):
    """A round that could give to it: at most so much, to who brings a registered body's credential (POST
    /aid/rounds/{roundId}/applications).
    """

    round_id: int
    campaign_id: Amount
    class_code: str
    rule: str
    most_gco2e: Amount
    opens_at: Iso
    closes_at: Iso

    @classmethod
    def of(cls, chance: AidChance) -> "AidChanceOut":
        """As JSON."""
        row = chance.round
        assert row.id is not None
        return cls(
            round_id=row.id,
            campaign_id=row.campaign_id,
            class_code=class_code(row.class_id),
            rule=row.rule,
            most_gco2e=chance.most_gco2e,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
        )


class AidAppliedOut(Wire):
    """An application for it. `deedId`: of the grant, once the chain has it; `/verify/{deedId}` proves it."""

    round_id: int
    stage: AidStage
    need_gco2e: Amount
    award_gco2e: Amount
    settled_gco2e: Amount
    deed_id: str | None
    applied_at: Iso
    closes_at: Iso

    @classmethod
    def of(cls, view: ApplicationView) -> "AidAppliedOut":
        """As JSON."""
        stage, grant = stage_of(view), view.grant
        is_granted = grant is not None and stage is AidStage.GRANTED
        return cls(
            round_id=view.row.round_id,
            stage=stage,
            need_gco2e=int(view.row.need_gco2e),
            award_gco2e=view.award_gco2e,
            settled_gco2e=grant.counted_gco2e if grant is not None and is_granted else 0,
            deed_id=receipt_id_of(grant) if grant is not None and is_granted else None,
            applied_at=view.row.applied_at,
            closes_at=view.round.closes_at,
        )


class AidWayOut(Wire):
    """Aid as a way to settle it: rounds that could serve, and what you applied for. Nobody else sees this."""

    rounds: tuple[AidChanceOut, ...]
    applied: tuple[AidAppliedOut, ...]

    @classmethod
    def of(cls, way: AidWay) -> "AidWayOut":
        """As JSON."""
        return cls(
            rounds=tuple(AidChanceOut.of(one) for one in way.chances),
            applied=tuple(AidAppliedOut.of(one) for one in way.applied),
        )


class OwedOut(Wire):
    """A deficit, settled or not, in grams. Retiring credits of one of `regions`, of its vintage or earlier, under
    `reference` settles it; so does a grant. `classes`: those there are that would do. `netted`: paid by later
    surpluses. `ownCredits`: what of yours would do.
    """

    vintage: int
    region: str
    regions: tuple[str, ...]
    classes: tuple[str, ...]
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
    aid: AidWayOut

    @classmethod
    def of(cls, owed: Owed) -> "OwedOut":
        """As JSON."""
        deficit = owed.deficit
        return cls(
            vintage=deficit.vintage,
            region=deficit.region,
            regions=deficit.regions,
            classes=tuple(class_code(class_id) for class_id in owed.classes),
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
            aid=AidWayOut.of(owed.aid),
        )
