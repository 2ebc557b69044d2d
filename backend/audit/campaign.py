"""A campaign's terms and books, and the items of a call, as the audit keeps them. Pure."""

from dataclasses import dataclass

from backend.audit.holdings import NOBODY
from backend.audit.timeline import Call

RETIRE_POOL, AID = 0, 1
KEEP_WHAT_YOU_RAISE = 0
OPEN, SUCCEEDED, FAILED = 1, 2, 3
DAY_S = 24 * 3_600
WINDOW_END_MAX_S = 731 * DAY_S
LEFTOVER_TERM_S = 90 * DAY_S


@dataclass
class Pocket:
    """What a campaign has of one class, in grams. `answered`: gifts that a refund answered, at what was given."""

    donated: int = 0
    held: int = 0
    retired: int = 0
    granted: int = 0
    refunded: int = 0
    answered: int = 0

    @property
    def row(self) -> tuple[int, ...]:
        """As `pocketOf` answers."""
        return (self.donated, self.held, self.retired, self.granted, self.refunded, self.answered)

    @property
    def out(self) -> int:
        """What left."""
        return self.retired + self.granted + self.refunded

    def refund_of(self, gift: int) -> int:
        """What answers a gift: of what was left at the decision, the gift's share, so that all refunds add up to it."""
        left, answered = self.held + self.refunded, self.answered
        if self.donated == 0:
            return 0
        return (answered + gift) * left // self.donated - answered * left // self.donated


@dataclass
class Campaign:
    """One campaign; window half-open in Unix seconds; target in grams over all classes."""

    charity: str
    kind: int
    funding: int
    opens_s: int
    closes_s: int
    target: int
    state: int = OPEN

    @property
    def early(self) -> bool:
        """Whether its charity may spend although it is not decided."""
        return self.state == OPEN and self.funding == KEEP_WHAT_YOU_RAISE

    def may_retire_held(self, now_s: int) -> bool:
        """Whether anybody may retire what it holds."""
        waits = self.kind == AID and now_s < self.closes_s + LEFTOVER_TERM_S
        return self.state == SUCCEEDED and not waits

    def row(self, pockets: list[Pocket]) -> tuple[int | str, ...]:
        """As `campaignOf` answers."""
        window = (self.state, self.opens_s, self.closes_s, self.target)
        sums = (
            sum(pocket.donated for pocket in pockets),
            sum(pocket.retired for pocket in pockets),
            sum(pocket.granted for pocket in pockets),
            sum(pocket.refunded for pocket in pockets),
        )
        return (self.charity, self.kind, self.funding, *window, *sums)


@dataclass(frozen=True)
class Item:
    """One grant or refund of a call; `index` is its place there."""

    index: int
    caller: str
    campaign_id: int
    class_id: int
    amount_gco2e: int = 0
    ref: bytes = b""
    donor: str = NOBODY


def items_of(call: Call) -> list[Item]:
    """The grants or refunds a call asks for, in order."""
    args, common = call.args, (call.caller, call.args["campaignId"], call.args["classId"])
    if call.function == "refund":
        return [Item(index, *common, donor=donor) for index, donor in enumerate(args["donors"])]
    pairs = zip(args["amounts"], args["refs"], strict=False)
    return [Item(index, *common, amount, ref) for index, (amount, ref) in enumerate(pairs)]
