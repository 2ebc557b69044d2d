"""The private channel of giving: what a follower has after each delta is what the account's history says."""

from dataclasses import dataclass, field

import pytest

from backend.giving.private_channel import RECEIPTS_SHOWN, GiftsChannel
from backend.link.tables import Cursor
from backend.market.board import Board
from backend.market.channel import Channel, ChannelUnknown, Topic, channel_of
from backend.market.feed import Feed, Heard
from backend.market.frame import Why
from backend.market.funds import ChainView
from backend.market.hub import Refusal, Want
from backend.market.journal import Head
from backend.market.matching import Engine
from backend.market.news import Moment, News
from backend.storage.database import Database
from tests.unit.giving.chain import ALICE, BOB, START, ToyChain
from tests.unit.market.world import EXCHANGE, World


@dataclass
class Follower:
    """What a client knows: receipt ids, oldest first, and which are final."""

    channel: GiftsChannel
    chain: ToyChain
    known: list[str] = field(default_factory=list)
    final: set[str] = field(default_factory=set)

    def moment(self, session: object) -> Moment:
        feed = Feed(Engine(), Head(0, bytes(32)))
        return Moment(session, feed, None, lambda _session, _ids: {}, START)  # type: ignore[arg-type] # neither is asked

    def begin(self) -> None:
        with self.chain.database.read() as session:
            told = self.channel.snapshot(self.moment(session)).receipts
        self.known = [one.receipt_id for one in reversed(told)]

    def hear(self, *, is_block: bool = True) -> list[str]:
        """The events of one look."""
        with self.chain.database.read() as session:
            delta = self.channel.delta(self.moment(session), News(Heard(0), is_block=is_block))
        for one in () if delta is None else delta.events:
            key = one.receipt.receipt_id
            if one.event == "new":
                self.known.append(key)
            elif one.event == "gone":
                self.known.remove(key)
            if one.receipt.final:
                self.final.add(key)
        return [] if delta is None else [one.event for one in delta.events]


@pytest.fixture
def follower(database: Database) -> Follower:
    chain = ToyChain(database)
    chain.opened()
    return Follower(GiftsChannel(ALICE), chain)


def test_gifts__new_and_gone__are_told_to_their_account_alone(follower: Follower) -> None:
    follower.begin()
    assert follower.known == []
    follower.chain.donated(5)
    follower.chain.donated(6, donor=BOB)
    follower.chain.retired(7)

    assert follower.hear() == ["new", "new"]
    assert follower.hear() == []
    assert follower.hear(is_block=False) == []
    follower.chain.undo_last()
    assert follower.hear() == ["gone"]
    assert len(follower.known) == 1


def test_gifts__that_become_final__are_told_again(follower: Follower) -> None:
    follower.begin()
    follower.chain.donated(5)
    assert follower.hear() == ["new"]
    assert follower.final == set()
    with follower.chain.database.write() as session:
        session.add(Cursor(number=9, hash=b"h" * 32, time=START, final_number=9))

    assert follower.hear() == ["final"]
    assert follower.final == set(follower.known)


def test_gifts__more_than_are_shown__those_that_only_grew_old_are_not_gone(follower: Follower) -> None:
    follower.begin()
    for _ in range(RECEIPTS_SHOWN):
        follower.chain.donated(1)
    assert set(follower.hear()) == {"new"}
    follower.chain.donated(2)

    assert follower.hear() == ["new"]
    assert len(follower.known) == RECEIPTS_SHOWN + 1


def test_channel__by_name__is_private_and_of_who_is_signed_in() -> None:
    assert channel_of("gifts", ALICE) == Channel(Topic.GIFTS, account=ALICE)


def test_channel__where_no_room_brought_it__is_unknown(database: Database) -> None:
    world = World(database)
    channel = Channel(Topic.GIFTS, account=ALICE)
    chain = ChainView(world.balances, EXCHANGE, lambda: 0)
    feed = Feed(Engine(), Head(0, bytes(32)))
    want = Want(channel, "gifts", None, Why.SUBSCRIBED)  # type: ignore[arg-type] # nobody is told here
    with database.read() as session:
        moment = Moment(session, feed, chain, lambda _session, _ids: {}, START)
        refused = Board().answer(moment, want)
        granted = Board({Topic.GIFTS: GiftsChannel}).answer(moment, want)

    assert isinstance(refused, Refusal)
    assert ChannelUnknown.code in refused.text
    assert not isinstance(granted, Refusal)
