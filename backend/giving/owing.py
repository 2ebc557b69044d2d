"""What a person owes: by when, what settled it so far, and three ways to settle the rest: own credits, what it costs at
the book now, and aid.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from backend.chain.class_id import unpack
from backend.giving.aid_way import AidWay, aid_way
from backend.kernel.mass import LOT_GCO2E, fee_floor
from backend.ledger.books import Books
from backend.ledger.deadline import settle_by
from backend.ledger.debt import OpenDeficit, is_fit
from backend.ledger.deficit import Settlement, deficits_of, settlements_of
from backend.ledger.person import Person
from backend.ledger.policy import SETTLE_WITHIN_DAYS
from backend.link.balances import credit_classes, credit_holdings
from backend.market.listing import all_rules
from backend.market.order import Side
from backend.market.tables import OrderRow, OrderState


@dataclass(frozen=True)
class Offer:
    """What would be bought of one class: lots of 1 kg for `cost` payment-token base units, the dearest at
    `worst_per_kg`.
    """

    class_id: int
    lots: int
    worst_per_kg: int
    cost: int


@dataclass(frozen=True)
class MarketCost:
    """What settling costs at the book now, in whole kg: `lots` of the `lots_wanted` are offered, the cheapest first.
    `fee`: at most, in payment-token base units, on top of the cost.
    """

    lots_wanted: int
    offers: tuple[Offer, ...]
    fee: int

    @property
    def lots(self) -> int:
        """Offered now."""
        return sum(offer.lots for offer in self.offers)

    @property
    def cost(self) -> int:
        """Before the fee."""
        return sum(offer.cost for offer in self.offers)


@dataclass(frozen=True)
class Owed:
    """A deficit with everything a person decides by. `own`: grams of fitting credits that are at hand, by class id, the
    oldest vintage first; `classes`: all that would do. `settle_by`: as the policy says; nothing but a reminder hangs on
    it, a later surplus is netted anyway.
    """

    deficit: OpenDeficit
    settle_by: datetime
    is_overdue: bool
    settlements: tuple[Settlement, ...]
    classes: tuple[int, ...]
    own: dict[int, int]
    market: MarketCost
    aid: AidWay

    @property
    def settled_gco2e(self) -> int:
        """By retirements and grants that the chain has."""
        return sum(one.amount_gco2e for one in self.settlements)

    @property
    def netted_gco2e(self) -> int:
        """Paid by later surpluses before they minted."""
        return self.deficit.amount_gco2e - self.deficit.outstanding_gco2e - self.settled_gco2e


def owed_by(session: Session, books: Books, person: Person, *, account: str, now: datetime, fee_bps: int) -> list[Owed]:
    """Every deficit of a person, settled ones too, oldest vintage first. `account`: who would settle it, the person
    itself or its guardian.
    """
    found, known = [], [row.class_id for row in credit_classes(session)]
    for deficit in deficits_of(session, person.person_id):
        policy = books.policies.find(deficit.region, deficit.vintage)
        within_days = SETTLE_WITHIN_DAYS if policy is None else policy.settle_within_days
        due = settle_by(deficit.vintage, deficit.region, within_days)
        found.append(
            Owed(
                deficit=deficit,
                settle_by=due,
                is_overdue=deficit.outstanding_gco2e > 0 and now >= due,
                settlements=tuple(settlements_of(session, deficit.deficit_id)),
                classes=tuple(fitting(deficit, known)),
                own=own_credits(session, deficit, account),
                market=cost_now(session, deficit, account, fee_bps),
                aid=aid_way(session, deficit, now),
            )
        )
    return found


def fitting(deficit: OpenDeficit, class_ids: Iterable[int]) -> list[int]:
    """Those classes whose credits may settle a deficit, the oldest vintage first."""
    classes = sorted((unpack(class_id).vintage, class_id) for class_id in class_ids)
    return [one for vintage, one in classes if is_fit(deficit, region=unpack(one).region, vintage=vintage)]


def own_credits(session: Session, deficit: OpenDeficit, account: str) -> dict[int, int]:
    """Grams that an account holds of each class that may settle a deficit."""
    held = {row.class_id: row.held_gco2e for row in credit_holdings(session, account) if row.held_gco2e}
    return {class_id: held[class_id] for class_id in fitting(deficit, held)}


def cost_now(session: Session, deficit: OpenDeficit, account: str, fee_bps: int) -> MarketCost:
    """What the outstanding grams would cost at the offers that stand now, an account's own left out; whole kg, rounded
    up. A class that only collects orders trades at its next call, at another price perhaps.
    """
    wanted = -(-deficit.outstanding_gco2e // LOT_GCO2E)
    classes = fitting(deficit, (rules.class_id for rules in all_rules(session)))
    asks = (
        select(OrderRow.class_id, OrderRow.price_per_kg, OrderRow.lots_open)
        .where(
            col(OrderRow.class_id).in_(classes),
            OrderRow.side == Side.SELL,
            OrderRow.state == OrderState.OPEN,
            OrderRow.maker != account,
        )
        .order_by(col(OrderRow.price_per_kg), col(OrderRow.id))
        .limit(wanted)
    )
    offers: dict[int, Offer] = {}
    left = wanted
    for class_id, price_per_kg, lots_open in session.exec(asks).all() if wanted else ():
        lots = min(left, lots_open)
        before = offers.get(class_id, Offer(class_id, 0, 0, 0))
        if lots:
            offers[class_id] = Offer(class_id, before.lots + lots, price_per_kg, before.cost + lots * price_per_kg)
        left -= lots
    fee = sum(fee_floor(offer.cost, fee_bps) for offer in offers.values())
    return MarketCost(wanted, tuple(offers[class_id] for class_id in classes if class_id in offers), fee)
