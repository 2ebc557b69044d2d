"""The channel of a class's auction: its phase, and what the auction would do if it were now."""

from backend.access.wire import Amount, Wire
from backend.market.admission import phase_of
from backend.market.auction import NOTHING, indicative
from backend.market.listing import rules_of
from backend.market.news import Moment, News
from backend.market.order import Side
from backend.market.phase import Phase


class AuctionData(Wire):
    """While the class collects orders: the price at which most would meet now, the lots that would be traded at it, and
    the imbalance there, to `imbalanceSide` (null: none): the lots of that side that would find nobody. Without a price
    nobody would meet. In any other phase there is nothing to tell but the phase.
    """

    class_id: Amount
    journal_sequence: int
    phase: Phase
    price_per_kg: Amount | None
    lots: Amount
    imbalance_lots: Amount
    imbalance_side: Side | None


class AuctionChannel:
    """Indicative price and volume, told again whenever they or the phase change."""

    def __init__(self, class_id: int) -> None:
        self._class_id = class_id
        self._last: AuctionData | None = None
        """What was told to everybody."""
        self._differs = False
        """Whether somebody was told something else since."""

    def snapshot(self, moment: Moment) -> AuctionData:
        """As it is now."""
        now = self._now(moment)
        self._differs |= self._last is not None and not _same(now, self._last)
        self._last = self._last or now
        return now

    def delta(self, moment: Moment, _news: News) -> AuctionData | None:
        """The whole again, if anything in it but its sequence changed."""
        now = self._now(moment)
        if self._last is not None and _same(now, self._last) and not self._differs:
            return None
        self._last, self._differs = now, False
        return now

    def _now(self, moment: Moment) -> AuctionData:
        book = moment.feed.engine.book_of(self._class_id)
        found = indicative(book) if book.phase.collects else NOTHING
        side = Side.BUY if found.imbalance_lots > 0 else Side.SELL
        return AuctionData(
            class_id=self._class_id,
            journal_sequence=moment.feed.head.sequence,
            phase=self._phase(moment),
            price_per_kg=found.price_per_kg,
            lots=found.lots,
            imbalance_lots=abs(found.imbalance_lots),
            imbalance_side=side if found.imbalance_lots else None,
        )

    def _phase(self, moment: Moment) -> Phase:
        """The rules are asked only while no line of the journal names a phase."""
        engine = moment.feed.engine
        if engine.book_of(self._class_id).since:
            return engine.book_of(self._class_id).phase
        return phase_of(engine, rules_of(moment.session, self._class_id))


def _same(one: AuctionData, other: AuctionData) -> bool:
    """Whether they say the same, after whatever line."""
    return one.model_copy(update={"journal_sequence": other.journal_sequence}) == other
