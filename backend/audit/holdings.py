"""Balances of both tokens and approvals, from transfer events; the moves of each transaction for the other checks.

Every move must have been allowed: a holder's credits move by the holder, by an operator approved at that time, or by
the holder's signed message, which spends a number of theirs in the same transaction.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from backend.audit.questions import Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.timeline import Act
from backend.chain.events import ChainEvent

NOBODY = "0x" + "0" * 40

CREDIT_COVERED = Check("INV-01", "holdings.credits_covered", "nobody's credits fall below zero")
CREDIT_ALLOWED = Check("INV-06", "holdings.move_allowed", "credits move by holder, approved operator or signed message")
PAYMENT_COVERED = Check("INV-05", "holdings.payments_covered", "nobody's payment tokens fall below zero")

CHECKS = (CREDIT_COVERED, CREDIT_ALLOWED, PAYMENT_COVERED)


@dataclass(frozen=True)
class CreditMove:
    """Grams of one class that changed hands; from or to NOBODY is a mint or a burn."""

    operator: str
    sender: str
    receiver: str
    class_id: int
    amount_gco2e: int
    where: Where


@dataclass(frozen=True)
class PaymentMove:
    """Payment-token base units that changed hands; from or to NOBODY is a mint or a burn."""

    sender: str
    receiver: str
    amount: int
    where: Where


def credit_moves(event: ChainEvent) -> list[CreditMove]:
    """The moves in a TransferSingle or TransferBatch."""
    args, where = event.args, Where.of(event)
    if event.name == "TransferSingle":
        pairs = [(args["id"], args["value"])]
    else:
        pairs = list(zip(args["ids"], args["values"], strict=True))
    return [
        CreditMove(args["operator"], args["from"], args["to"], class_id, amount, where) for class_id, amount in pairs
    ]


@dataclass
class Holdings:
    """Who holds what. Credits by (account, class id); held totals by class id."""

    verdicts: Verdicts
    issuance: str
    """The one contract that may mint."""
    payment_ours: bool
    credits: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    held: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    payments: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    payment_supply: int = 0
    approvals: dict[tuple[str, str], bool] = field(default_factory=dict)
    credit_moved: list[CreditMove] = field(default_factory=list)
    payment_moved: list[PaymentMove] = field(default_factory=list)

    def begin(self, _act: Act) -> None:
        """Forgets the moves of the transaction before."""
        self.credit_moved, self.payment_moved = [], []

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        if event.contract == "PaymentToken" and event.name == "Transfer":
            self._pay(PaymentMove(event.args["from"], event.args["to"], event.args["value"], Where.of(event)))
        elif event.contract == "CarbonCredit":
            if event.name in {"TransferSingle", "TransferBatch"}:
                for move in credit_moves(event):
                    self._move(move, act)
            elif event.name == "ApprovalForAll":
                self.approvals[event.args["account"], event.args["operator"]] = event.args["approved"]

    def _move(self, move: CreditMove, act: Act) -> None:
        self.credit_moved.append(move)
        if move.sender == NOBODY:
            self.held[move.class_id] += move.amount_gco2e
            self.verdicts.require_equal(
                CREDIT_ALLOWED, "who minted", move.where, expected=self.issuance, found=move.operator
            )
        else:
            key = (move.sender, move.class_id)
            self.verdicts.require(
                CREDIT_COVERED,
                self.credits[key] >= move.amount_gco2e,
                f"{move.sender} in class {move.class_id}",
                move.where,
                expected=f"at most {self.credits[key]}",
                found=move.amount_gco2e,
            )
            self.credits[key] -= move.amount_gco2e
            self._require_allowed(move, act)
        if move.receiver == NOBODY:
            self.held[move.class_id] -= move.amount_gco2e
        else:
            self.credits[move.receiver, move.class_id] += move.amount_gco2e

    def _require_allowed(self, move: CreditMove, act: Act) -> None:
        allowed = move.operator == move.sender or self.approvals.get((move.sender, move.operator), False)
        allowed = allowed or any(
            event.args["account"] == move.sender for event in act.events_of("CarbonCredit", "NumberUsed")
        )
        self.verdicts.require(
            CREDIT_ALLOWED,
            allowed,
            f"{move.amount_gco2e} g of {move.sender}",
            move.where,
            expected="the holder, an approved operator, or a signed message",
            found=f"moved by {move.operator}",
        )

    def _pay(self, move: PaymentMove) -> None:
        self.payment_moved.append(move)
        if not self.payment_ours:
            return  # only its moves in our transactions are known, so no balance adds up
        if move.sender == NOBODY:
            self.payment_supply += move.amount
        else:
            self.verdicts.require(
                PAYMENT_COVERED,
                self.payments[move.sender] >= move.amount,
                move.sender,
                move.where,
                expected=f"at most {self.payments[move.sender]}",
                found=move.amount,
            )
            self.payments[move.sender] -= move.amount
        if move.receiver == NOBODY:
            self.payment_supply -= move.amount
        else:
            self.payments[move.receiver] += move.amount

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    def questions(self, _head_s: int) -> Iterator[Question]:
        """Every balance and approval an event ever mentioned."""
        for (account, class_id), amount in self.credits.items():
            yield Question("CarbonCredit", "balanceOf", (account, class_id), (amount,))
        for (account, operator), approved in self.approvals.items():
            yield Question("CarbonCredit", "isApprovedForAll", (account, operator), (approved,))
        for account, amount in self.payments.items():
            yield Question("PaymentToken", "balanceOf", (account,), (amount,))
        if self.payment_ours:
            yield Question("PaymentToken", "totalSupply", (), (self.payment_supply,))
