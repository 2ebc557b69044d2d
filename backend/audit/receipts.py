"""Receipts: each is issued to the donor of the gift told of right before, and never moves."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from backend.audit.giving import Giving
from backend.audit.holdings import NOBODY
from backend.audit.questions import Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.timeline import Act
from backend.chain.events import ChainEvent

RECEIPT = Check("INV-06", "giving.receipt", "a receipt is its donor's, for the gift before it, in order, and locked")

CHECKS = (RECEIPT,)

CLASS_MASK = 2**128 - 1


@dataclass(frozen=True)
class Receipt:
    """What a receipt says, besides what its donor's gifts come to now."""

    donor: str
    campaign_id: int
    class_id: int
    amount_gco2e: int
    at_s: int


@dataclass
class Receipts:
    """Receipts by token id; how many there are of each campaign and class."""

    verdicts: Verdicts
    giving: Giving
    receipts: dict[int, Receipt] = field(default_factory=dict)
    series: defaultdict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    owned: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def begin(self, _act: Act) -> None:
        """Nothing is due before its events."""

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        if (event.contract, event.name) == ("Charity", "Transfer"):
            self._issued(event, act)
        elif (event.contract, event.name) == ("Charity", "Locked"):
            before = act.predecessor(event)
            issued = before is not None and (before.contract, before.name) == ("Charity", "Transfer")
            self.verdicts.require(
                RECEIPT,
                issued and before is not None and before.args["tokenId"] == event.args["tokenId"],
                f"lock of {event.args['tokenId']}",
                Where.of(event),
                expected="right after its receipt was issued",
                found="something else before",
            )

    def _issued(self, event: ChainEvent, act: Act) -> None:
        token_id, donor = event.args["tokenId"], event.args["to"]
        campaign_id, class_id = token_id >> 192, token_id >> 64 & CLASS_MASK
        gift = act.predecessor(event)
        told = {} if gift is None or (gift.contract, gift.name) != ("Charity", "Donated") else dict(gift.args)
        amount = told.pop("amount", 0)
        self.series[campaign_id, class_id] += 1
        ordered = token_id == campaign_id << 192 | class_id << 64 | self.series[campaign_id, class_id]
        locked = [(item.name, dict(item.args)) for item in act.followers(event, 1)] == [
            ("Locked", {"tokenId": token_id})
        ]
        found = [event.args["from"], told, ordered, locked]
        terms = {"campaignId": campaign_id, "donor": donor, "classId": class_id}
        expected = [NOBODY, terms, True, True]
        self.verdicts.require_equal(RECEIPT, f"receipt {token_id}", Where.of(event), expected=expected, found=found)
        self.receipts[token_id] = Receipt(donor, campaign_id, class_id, amount, act.at_s)
        self.owned[donor] += 1

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    def questions(self, _head_s: int) -> Iterator[Question]:
        """Every receipt, how many each owner has, and how many of each campaign and class there are."""
        for token_id, receipt in self.receipts.items():
            now = self.giving.gifts[receipt.campaign_id, receipt.donor, receipt.class_id]
            facts = (receipt.donor, receipt.campaign_id, receipt.class_id, receipt.amount_gco2e, now, receipt.at_s)
            yield Question("Charity", "receiptOf", (token_id,), (facts,))
            yield Question("Charity", "ownerOf", (token_id,), (receipt.donor,))
            yield Question("Charity", "locked", (token_id,), (True,))
        for owner, count in self.owned.items():
            yield Question("Charity", "balanceOf", (owner,), (count,))
        for key, count in self.series.items():
            yield Question("Charity", "receiptsOf", key, (count,))
