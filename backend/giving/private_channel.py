"""The private channel of an account's giving: gifts, draws of its pledges, refunds, retirements, as the chain tells.

A reorganisation can undo what was told: then it is told as gone.
"""

from typing import Literal

from backend.access.wire import Wire
from backend.giving.bodies import ReceiptOut
from backend.giving.history import gifts_of, retirements_of
from backend.giving.receipt import Receipt, receipt_of
from backend.giving.tables import Movement, Retirement
from backend.market.news import Moment, News

RECEIPTS_SHOWN = 50


class GiftsData(Wire):
    """The latest receipts of the account, newest first."""

    receipts: tuple[ReceiptOut, ...]


class GiftEvent(Wire):
    """`new`, `final` (deep enough in the chain to count on) or `gone` (a reorganisation undid it)."""

    event: Literal["new", "final", "gone"]
    receipt: ReceiptOut


class GiftsDelta(Wire):
    """What happened, in the order of the chain; what is gone first, the latest first."""

    events: tuple[GiftEvent, ...]


class GiftsChannel:
    """An account's receipts."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._told: dict[str, Receipt] = {}
        """By receipt id, oldest first."""

    def snapshot(self, moment: Moment) -> GiftsData:
        """The latest, newest first. Its subscriber hears of whatever else comes in the next delta, as all do."""
        now = self._now(moment)
        self._told = self._told or now
        return GiftsData(receipts=tuple(ReceiptOut.of(one) for one in reversed(now.values())))

    def delta(self, moment: Moment, news: News) -> GiftsDelta | None:
        """New receipts, those that became final, those that are gone."""
        if not news.is_block:
            return None
        before, self._told = self._told, self._now(moment)
        oldest = min((one.block_number for one in self._told.values()), default=0)
        gone = [
            GiftEvent(event="gone", receipt=ReceiptOut.of(one))
            for key, one in reversed(before.items())
            if key not in self._told and (one.block_number >= oldest or len(self._told) < RECEIPTS_SHOWN)
        ]
        changed = [
            GiftEvent(event="final" if key in before else "new", receipt=ReceiptOut.of(one))
            for key, one in self._told.items()
            if key not in before or (one.final and not before[key].final)
        ]
        return GiftsDelta(events=(*gone, *changed)) if gone or changed else None

    def _now(self, moment: Moment) -> dict[str, Receipt]:
        session = moment.session
        rows: list[Movement | Retirement] = [*gifts_of(session, self._account, RECEIPTS_SHOWN)]
        rows += retirements_of(session, self._account, RECEIPTS_SHOWN)
        rows.sort(key=lambda row: (row.block_number, row.log_index))
        found = [receipt_of(session, row) for row in rows[-RECEIPTS_SHOWN:]]
        return {one.receipt_id: one for one in found}
