"""The sequencer: one order of things, nothing acknowledged that is not durable, nobody left waiting."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import func, select

from backend.kernel import crash
from backend.kernel.clock import unix_s
from backend.kernel.errors import TanyuError
from backend.market import sequencer as sequencer_module
from backend.market.cancel import Cancelling
from backend.market.inbox import Inbox, MarketBusy, MarketStopped
from backend.market.journal import JournalBroken, Kind
from backend.market.order import Side
from backend.market.sequencer import GROUP_MAX, NoAnswer, NotDurable
from backend.market.service import Ack
from backend.market.tables import JournalRow, OrderRow, TradeRow
from backend.market.tape import BookQuestion, order_with_hash
from backend.market.turn import Turn
from backend.storage.database import Database
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, DANA, World, hash_of, signed


def lines(world: World) -> list[tuple[int, str]]:
    with world.database.read() as session:
        rows = session.exec(select(JournalRow).order_by(JournalRow.sequence)).all()  # type: ignore[arg-type] # a column
        return [(row.sequence, row.kind) for row in rows]


def fail_next_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Makes the next group's transaction fail at its very end, as a full disk would; returns what was tried."""
    tried: list[str] = []

    def point(name: str) -> None:
        if name == "market.before_commit" and not tried:
            tried.append(name)
            raise OperationalError("COMMIT", {}, OSError("disk full"))

    monkeypatch.setattr(crash, "point", point)
    assert world.market.sequencer.is_running
    return tried


def test_commit__fails__callers_are_told_and_the_books_are_as_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sell(ANA, 5, 100)
    before = world.state_digest()
    tried = fail_next_commit(world, monkeypatch)
    order = world.order(BO, Side.BUY, 3, 100)

    with pytest.raises(NotDurable) as refusal:
        world.place(BO, order)

    assert tried
    assert refusal.value.code == "market.not_durable"
    assert world.state_digest() == before
    assert lines(world) == [(1, "place")]
    ack = world.place(BO, order)
    assert (ack.accepted.sequence, ack.accepted.fills) == (2, ((1, 3, 100),))


def test_commit__fails_but_had_happened__callers_get_their_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def point(name: str) -> None:
        if name == "market.after_commit":
            raise OSError("the answer to the commit was lost")

    monkeypatch.setattr(crash, "point", point)

    assert world.sell(ANA, 5, 100).accepted.sequence == 1
    assert lines(world) == [(1, "place")]


def test_commit__of_a_group__is_one_transaction_and_refusals_do_not_spoil_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[str] = []
    monkeypatch.setattr(crash, "point", commits.append)
    release, held = threading.Event(), threading.Event()

    def hold(_turn: Turn) -> None:
        held.set()
        release.wait(30)

    blocker = world.market.sequencer.submit(hold)
    assert held.wait(30)
    commits.clear()
    answers = [world.market.sequencer.submit(Cancelling(ANA.address, bytes([n]) * 32)) for n in range(5)]
    release.set()
    blocker.result(30)

    for answer in answers:
        with pytest.raises(TanyuError):
            answer.result(30)
    assert commits == ["market.before_commit", "market.after_commit"] * 2


def test_callers__many_at_once__are_all_served_and_sequences_are_dense(world: World) -> None:
    makers = [ANA, BO, CHEN, DANA]
    jobs = []
    for maker in makers:
        first = world.market.lease_numbers(maker.address, 20).first
        for at in range(20):
            side = Side.BUY if (at + makers.index(maker)) % 2 else Side.SELL
            order = world.order(maker, side, 1 + at % 3, 100 + at % 5, number=first + at)
            jobs.append((order, signed(maker, order)))

    with ThreadPoolExecutor(16) as pool:
        acks = list(pool.map(lambda job: world.market.place(*job), jobs))

    assert sorted(ack.accepted.sequence for ack in acks) == list(range(1, 81))
    assert [sequence for sequence, _ in lines(world)] == list(range(1, 81))
    digest = world.state_digest()
    with world.database.read() as session:
        trades = session.exec(select(TradeRow).order_by(TradeRow.id)).all()  # type: ignore[arg-type] # a column
        rows = {row.id: row for row in session.exec(select(OrderRow)).all()}
    assert [trade.id for trade in trades] == list(range(1, len(trades) + 1))
    for row in rows.values():
        mine = sum(trade.lots for trade in trades if row.id in {trade.buy_id, trade.sell_id})
        assert row.lots_matched == mine <= row.lots, "INV-04: never beyond the amount"
    for trade in trades:
        assert rows[trade.sell_id].price_per_kg <= trade.price_per_kg <= rows[trade.buy_id].price_per_kg, "INV-04"
    world.restart()
    assert world.state_digest() == digest


def test_group__same_order_twice_and_number_twice__is_seen_within_the_group(world: World) -> None:
    order = world.order(ANA, Side.SELL, 5, 100)
    other = world.order(ANA, Side.SELL, 4, 100, number=order.number)
    cross = world.order(BO, Side.BUY, 2, 100)
    jobs = [(order, ANA), (order, ANA), (other, ANA), (cross, BO)]
    held, release = threading.Event(), threading.Event()

    def hold(_turn: Turn) -> None:
        held.set()
        release.wait(30)

    blocker = world.market.sequencer.submit(hold)
    assert held.wait(30)
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(world.market.place, each, signed(maker, each)) for each, maker in jobs]
        cancel = pool.submit(world.market.cancel, ANA.address, hash_of(order))
        release.set()
    blocker.result(30)

    outcomes = [answer.exception() or answer.result() for answer in answers]
    accepted = [outcome for outcome in outcomes[:3] if isinstance(outcome, Ack)]
    refused = [outcome.code for outcome in outcomes[:3] if isinstance(outcome, TanyuError)]
    assert len({ack.accepted.order_hash for ack in accepted}) == 1
    assert refused == ["market.number_used"] * len(refused)
    assert len(accepted) + len(refused) == 3
    assert cancel.done()
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


def test_inbox__full__refuses_at_once(world: World) -> None:
    world.stop()
    world.market = world.new_market(inbox_size=2)
    world.start()
    release, held = threading.Event(), threading.Event()

    def hold(_turn: Turn) -> str:
        held.set()
        release.wait(30)
        return "held"

    blocker = world.market.sequencer.submit(hold)
    assert held.wait(30)
    waiting = [world.market.sequencer.submit(lambda _turn: "late") for _ in range(2)]
    with pytest.raises(MarketBusy) as refusal:
        world.market.sequencer.submit(lambda _turn: None)
    release.set()

    assert refusal.value.code == "market.busy"
    assert [answer.result(30) for answer in (blocker, *waiting)] == ["held", "late", "late"]


def test_stop__answers_what_waits_and_then_takes_nothing(world: World) -> None:
    answer = world.market.sequencer.submit(lambda _turn: "done")
    world.stop()

    assert answer.result(0) == "done"
    for late in (lambda: world.market.sequencer.submit(lambda _turn: None), world.state_digest):
        with pytest.raises(MarketStopped) as refusal:
            late()
        assert refusal.value.code == "market.stopped"
    world.market.sequencer.stop()
    world.market = world.new_market()
    world.start()


def test_inbox__closed_and_empty__says_so() -> None:
    inbox = Inbox(3)
    with pytest.raises(MarketStopped):
        inbox.put("early")
    inbox.open()
    inbox.put("a")
    inbox.put("b")
    inbox.close()

    group = inbox.take(1, 0)
    assert group is not None
    assert [work for work, _ in group] == ["a"]
    assert len(inbox.take(GROUP_MAX, 0) or []) == 1
    assert inbox.take(GROUP_MAX, 0) is None


def test_inbox__woken__returns_without_work() -> None:
    inbox = Inbox(3)
    inbox.open()
    inbox.wake()

    assert inbox.take(1, 60) == []


def test_call__nobody_answers__says_that_it_may_still_happen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer_module, "ANSWER_TIMEOUT_S", 0)
    release = threading.Event()

    with pytest.raises(NoAnswer) as refusal:
        world.market.sequencer.call(lambda _turn: release.wait(30))
    release.set()
    assert refusal.value.code == "market.no_answer"


def test_question__refused__leaves_the_sequencer_running(world: World) -> None:
    def refuse(*_: object) -> None:
        raise MarketBusy(0)

    with pytest.raises(MarketBusy):
        world.market.sequencer.ask(refuse)
    assert world.market.sequencer.ask(BookQuestion(CLASS_ID, 5)).sequence == 0


def test_clock__near_the_expiry__evicts_before_anything_else(world: World) -> None:
    now_s = unix_s(world.clock.now())
    soon = world.sell(ANA, 5, 100, expiry=now_s + 100)
    world.sell(CHEN, 5, 101, expiry=now_s + 1000)
    world.clock.at += timedelta(seconds=40)

    assert world.buy(BO, 5, 101).accepted.fills == ((2, 5, 101),)

    assert [kind for _, kind in lines(world)] == [Kind.PLACE, Kind.PLACE, Kind.EXPIRE, Kind.PLACE]
    with world.database.read() as session:
        row = order_with_hash(session, soon.accepted.order_hash)
    assert (row.state, row.reason, row.lots_open) == ("expired", "expired", 0)
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


def test_clock__without_any_command__evicts_within_seconds(world: World) -> None:
    world.sell(ANA, 5, 100, expiry=unix_s(world.clock.now()) + 100)
    world.clock.at += timedelta(seconds=100)

    for _ in range(100):
        if len(lines(world)) == 2:
            break
        threading.Event().wait(0.1)
    assert lines(world) == [(1, "place"), (2, "expire")]


def test_start__tables_that_do_not_follow_from_the_journal__are_refused(world: World) -> None:
    world.sell(ANA, 5, 100)
    world.stop()
    with world.database.write() as session:
        row = session.exec(select(OrderRow)).one()
        row.lots_open = 6
        session.add(row)

    with pytest.raises(JournalBroken) as refusal:
        world.new_market().sequencer.start()
    assert refusal.value.code == "market.journal_broken"
    with world.database.write() as session:
        row = session.exec(select(OrderRow)).one()
        row.lots_open = 5
        session.add(row)
    world.market = world.new_market()
    world.start()


def test_start__a_trade_the_journal_does_not_make__is_refused(world: World, database: Database) -> None:
    world.sell(ANA, 5, 100)
    world.buy(BO, 5, 100)
    world.stop()
    with database.write() as session:
        session.delete(session.exec(select(TradeRow)).one())

    with pytest.raises(JournalBroken, match="trades"):
        world.new_market().sequencer.start()
    with database.read() as session:
        assert session.exec(select(func.count()).select_from(JournalRow)).one() == 2
    with database.write() as session:
        for line in session.exec(select(JournalRow)).all():
            session.delete(line)
        for order in session.exec(select(OrderRow)).all():
            session.delete(order)
    world.market = world.new_market()
    world.start()
