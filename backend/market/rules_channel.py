"""The channel of a class's rules: also what phase it is in, its reference price, and its mode, given or earned."""

from backend.kernel.clock import unix_s
from backend.market.governing_views import MarketOut
from backend.market.listing import rules_of
from backend.market.news import Moment, News


class RulesChannel:
    """What `GET /market/{class}/rules` says, told again whenever a line of the journal changes it."""

    def __init__(self, class_id: int) -> None:
        self._class_id = class_id

    def snapshot(self, moment: Moment) -> MarketOut:
        """As it is now."""
        feed, rules = moment.feed, rules_of(moment.session, self._class_id)
        return MarketOut.of(rules, feed.engine, feed.head.sequence, unix_s(moment.now))

    def delta(self, moment: Moment, news: News) -> MarketOut | None:
        """The whole again, if the class is among those that changed."""
        return self.snapshot(moment) if self._class_id in news.heard.governed else None
