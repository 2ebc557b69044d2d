"""Snapshot and deltas equal the book at every sequence: through whole random days of a market, cut into batches
anywhere, and for a follower that joins at any time. And the feed's engine has the very state of the book's.
"""

import json
from collections.abc import Sequence
from typing import cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlmodel import Session

from backend.market.feed import Feed
from backend.market.journal import Line, genesis
from backend.market.matching import Engine
from backend.market.news import Moment, News
from backend.market.order import Side
from backend.market.public_channels import BookChannel
from backend.market.stream_client import BookMirror, Update
from backend.market.tape import BookQuestion
from tests.property.test_market_durability import WholeMarket
from tests.unit.market.world import CLASS_ID, DOMAIN


class Streamed(WholeMarket):
    """A random market with a feed behind it and two followers of the book channel: one from the start, one that
    joins again and again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.left: list[Line] = []
        self.world.follower = self
        self.world.restart()
        self.feed = Feed(Engine(), genesis(DOMAIN))
        self.channel = BookChannel(CLASS_ID)
        self.mirrors = [self.joined(), self.joined()]

    def leave(self, lines: Sequence[Line]) -> None:
        """The sequencer's follower."""
        self.left += lines

    def moment(self) -> Moment:
        nothing = cast(Session, None)  # the book channel reads no database
        return Moment(nothing, self.feed, self.world.chain, lambda _session, _ids: {}, self.world.clock.now())

    def joined(self) -> BookMirror:
        mirror = BookMirror()
        data = self.channel.snapshot(self.moment()).model_dump_json(by_alias=True)
        assert mirror.apply(Update("book", 0, "subscribed", json.loads(data)))
        return mirror

    @rule()
    def join_again(self) -> None:
        self.mirrors[1] = self.joined()

    @rule()
    def begin_with_what_stands(self) -> None:
        """A feed that begins with an engine, not with the first line of the journal."""
        self.feed = Feed(self.feed.engine, self.feed.head)

    @precondition(lambda self: self.left)
    @rule(data=st.data())
    def hear_some(self, data: st.DataObject) -> None:
        """The lines that wait, or some of them, as one delta."""
        count = data.draw(st.integers(1, len(self.left)), label="lines")
        heard = self.feed.hear(self.left[:count])
        del self.left[:count]
        delta = self.channel.delta(self.moment(), News(heard))
        if delta is not None:
            told = Update("book", 0, None, json.loads(delta.model_dump_json(by_alias=True)))
            for mirror in self.mirrors:
                assert mirror.apply(told), "the checksum is that of the server"

    @invariant()
    def followers_that_heard_all_have_the_book(self) -> None:
        if self.left:
            return
        view = self.world.market.sequencer.ask(BookQuestion(CLASS_ID, 1_000))
        assert self.feed.head.sequence == view.sequence
        assert self.feed.engine.state_digest() == self.world.state_digest()
        for mirror in self.mirrors:
            assert mirror.depth.best(Side.BUY) == view.bids
            assert mirror.depth.best(Side.SELL) == view.asks


TestStreamed = Streamed.TestCase
TestStreamed.settings = settings(max_examples=max(5, settings().max_examples // 20), stateful_step_count=40)
