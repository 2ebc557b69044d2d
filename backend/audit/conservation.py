"""INV-05, INV-03: each fill moves exactly its credits and money, nothing else moves, the Exchange keeps nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.audit.holdings import NOBODY, Holdings
from backend.audit.orders import Pair
from backend.audit.questions import Answers, Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.settlement import Settlement
from backend.audit.supply import Supply
from backend.audit.timeline import Act
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent

LEGS = Check(
    "INV-05", "conservation.legs", "a fill is followed by exactly its legs: money, fees, credits, retirement or gift"
)
NOTHING_ELSE = Check("INV-05", "conservation.nothing_else", "a settlement moves nothing that is no leg of a fill")
BALANCED = Check(
    "INV-05", "conservation.balanced", "credits out = credits in, payments out = payments in, fees included"
)
CUSTODY = Check("INV-03", "conservation.custody", "no credit and no fill's money ever passes through the Exchange")

CHECKS = (LEGS, NOTHING_ELSE, BALANCED, CUSTODY)

Leg = tuple[str, str, dict[str, Any]]
"""Contract, event, arguments."""


@dataclass
class Conservation:
    """Checks the moves of each settlement, from all events of its transaction in order."""

    deployment: Deployment
    verdicts: Verdicts
    answers: Answers
    holdings: Holdings
    settlement: Settlement
    supply: Supply
    stray: int = 0
    """Payment tokens that strangers sent to the Exchange: it cannot refuse them, and can never move them."""
    _legs: set[int] = field(default_factory=set)

    def begin(self, _act: Act) -> None:
        """A transaction starts."""
        self._legs = set()

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Single events say nothing here; see `end`."""

    def _legs_of(self, event: ChainEvent, pair: Pair) -> list[Leg]:
        """What must follow a Filled, in order."""
        buyer, seller, fee = pair.buy.maker, pair.sell.maker, event.args["fee"]
        legs: list[Leg] = [
            ("PaymentToken", "Transfer", {"from": buyer, "to": seller, "value": pair.cost - fee}),
        ]
        if fee:
            recipient = self.settlement.fee_recipient
            legs.append(("PaymentToken", "Transfer", {"from": buyer, "to": recipient, "value": 2 * fee}))
        grams, class_id = pair.amount_gco2e, pair.buy.class_id
        receiver = {"hold": buyer, "retire": NOBODY, "donate": self.deployment.address("Charity")}[pair.buy.action]
        move = {"operator": self.deployment.address("Exchange"), "from": seller, "to": receiver}
        legs.append(("CarbonCredit", "TransferSingle", {**move, "id": class_id, "value": grams}))
        if pair.buy.action == "retire":
            words = {"beneficiary": pair.buy.beneficiary, "purpose": "retire", "ref": pair.buy.ref}
            legs.append(("CarbonCredit", "Retired", {"account": seller, "classId": class_id, "amount": grams, **words}))
        if pair.buy.action == "donate":
            gift = {"campaignId": int.from_bytes(pair.buy.ref), "donor": buyer}
            legs.append(("Charity", "Donated", {**gift, "classId": class_id, "amount": grams}))
        return legs

    def end(self, act: Act) -> None:
        """The legs of every fill, then what else moved."""
        for event, pair in self.settlement.fills:
            legs = self._legs_of(event, pair)
            followers = act.followers(event, len(legs))
            self._legs.update(follower.log_index for follower in followers)
            found: list[Leg] = [(item.contract, item.name, dict(item.args)) for item in followers]
            self.verdicts.require(
                LEGS, found == legs, "fill", Where.of(event), expected=_texts(legs), found=_texts(found)
            )
        self._require_custody()
        if self.settlement.fills:
            self._require_nothing_else()
            self._require_balanced(act)

    def _require_custody(self) -> None:
        exchange = self.deployment.address("Exchange")
        for move in self.holdings.credit_moved:
            self.verdicts.require(
                CUSTODY,
                exchange not in {move.sender, move.receiver},
                "credits",
                move.where,
                expected="past the Exchange",
                found=f"{move.amount_gco2e} g from {move.sender} to {move.receiver}",
            )
        for payment in self.holdings.payment_moved:
            stray = payment.receiver == exchange and payment.where.log_index not in self._legs
            self.verdicts.require(
                CUSTODY,
                exchange not in {payment.sender, payment.receiver} or stray,
                "money",
                payment.where,
                expected="past the Exchange",
                found=f"{payment.amount} from {payment.sender} to {payment.receiver}",
            )
            if stray:
                self.stray += payment.amount
                self.verdicts.note(
                    f"{payment.sender} sent {payment.amount} to the Exchange by mistake: {payment.where}"
                )

    def _require_nothing_else(self) -> None:
        """Wallet contracts may move their own while they receive; nobody else's may move but by a leg."""
        exchange = self.deployment.address("Exchange")
        for move in self.holdings.credit_moved:
            self.verdicts.require(
                NOTHING_ELSE,
                move.operator != exchange or move.where.log_index in self._legs,
                "credits",
                move.where,
                expected="a leg of a fill",
                found=f"{move.amount_gco2e} g of {move.sender}, moved by the Exchange",
            )
        parties = {
            account for event, _ in self.settlement.fills for account in (event.args["buyer"], event.args["seller"])
        }
        for payment in self.holdings.payment_moved:
            loose = payment.where.log_index not in self._legs and payment.sender in parties
            block = payment.where.block or 0
            self.verdicts.require(
                NOTHING_ELSE,
                not loose or self.answers.has_code(block, payment.sender) is True,
                "money",
                payment.where,
                expected="a leg of a fill",
                found=f"{payment.amount} of {payment.sender}",
            )

    def _require_balanced(self, act: Act) -> None:
        """Sums over the fills of a transaction: what was agreed, and what the tokens say was moved for it."""
        agreed = sum(pair.cost + event.args["fee"] for event, pair in self.settlement.fills)
        paid = sum(move.amount for move in self.holdings.payment_moved if move.where.log_index in self._legs)
        self.verdicts.require_equal(BALANCED, "payments", act.where, expected=agreed, found=paid)
        grams = sum(pair.amount_gco2e for _, pair in self.settlement.fills)
        moved = sum(move.amount_gco2e for move in self.holdings.credit_moved if move.where.log_index in self._legs)
        self.verdicts.require_equal(BALANCED, "credits", act.where, expected=grams, found=moved)

    def questions(self, _head_s: int) -> Iterator[Question]:
        """The Exchange holds nothing of any class, and of money only what strangers sent it."""
        exchange = self.deployment.address("Exchange")
        for class_id in self.supply.classes:
            yield Question("CarbonCredit", "balanceOf", (exchange, class_id), (0,))
        if self.holdings.payment_ours:
            yield Question("PaymentToken", "balanceOf", (exchange,), (self.stray,))


def _texts(legs: Sequence[Leg]) -> list[str]:
    return [f"{contract}.{name} {args}" for contract, name, args in legs]
