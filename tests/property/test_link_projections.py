"""INV-09, and rewinding: the projections against a naive model, and undo as the exact inverse of apply, to the row."""

from collections import Counter
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, select

from backend.chain.events import ChainEvent
from backend.chain.keys import dev_signer
from backend.kernel.mass import UINT256_MAX
from backend.link.balances import (
    credit_approved,
    credit_balance,
    credit_class,
    credit_classes,
    credit_retired,
    maker_epoch,
    number_cancelled,
    number_used,
    payment_allowance,
    payment_balance,
)
from backend.link.credits import CreditProjection
from backend.link.funds import ZERO_ADDRESS
from backend.link.numbers import NumberProjection
from backend.link.payments import PaymentProjection
from backend.link.tables import (
    CreditApproval,
    CreditBalance,
    CreditClassTotals,
    MakerEpoch,
    PaymentAllowance,
    PaymentBalance,
    SpentNumber,
)
from backend.market.movement import MovementProjection
from backend.market.movement_tables import MovementRow

PEOPLE = [dev_signer(20 + index).address for index in range(3)]
EXCHANGE = dev_signer(30).address
CHARITY = dev_signer(31).address
CLASSES = [2**90 + 1, 2**90 + 2]
TABLES: tuple[type[SQLModel], ...] = (
    CreditBalance,
    CreditClassTotals,
    CreditApproval,
    PaymentBalance,
    PaymentAllowance,
    MakerEpoch,
    SpentNumber,
    MovementRow,
)
PROJECTIONS = (CreditProjection(), PaymentProjection(EXCHANGE), NumberProjection(), MovementProjection())

person = st.sampled_from(PEOPLE)
class_of = st.sampled_from(CLASSES)
small = st.integers(1, 9)


@dataclass
class World:
    """A naive chain: dictionaries, and the events that contracts in such a state would emit."""

    events: list[ChainEvent] = field(default_factory=list)
    held: Counter[tuple[str, int]] = field(default_factory=Counter)
    retired: Counter[tuple[str, int]] = field(default_factory=Counter)
    buffer: Counter[int] = field(default_factory=Counter)
    money: Counter[str] = field(default_factory=Counter)
    allowed: dict[str, int] = field(default_factory=dict)
    approved: dict[tuple[str, str], bool] = field(default_factory=dict)
    epochs: Counter[str] = field(default_factory=Counter)
    spent: set[tuple[str, str, int]] = field(default_factory=set)

    def emit(self, contract: str, name: str, **args: object) -> None:
        position = len(self.events)
        named = {key.rstrip("_"): value for key, value in args.items()}
        block = position // 3
        self.events.append(
            ChainEvent(
                contract,
                name,
                named,
                block,
                block.to_bytes(32),
                datetime(2026, 1, 1, tzinfo=UTC),
                position.to_bytes(32),
                position,
            )
        )

    def move(self, giver: str, taker: str, class_id: int, amount: int) -> None:
        if giver != ZERO_ADDRESS:
            self.held[giver, class_id] -= amount
        if taker != ZERO_ADDRESS:
            self.held[taker, class_id] += amount

    def transfer(self, giver: str, taker: str, class_id: int, amount: int) -> None:
        self.move(giver, taker, class_id, amount)
        self.emit("CarbonCredit", "TransferSingle", operator=giver, from_=giver, to=taker, id=class_id, value=amount)

    def pay(self, giver: str, taker: str, amount: int) -> None:
        if giver != ZERO_ADDRESS:
            self.money[giver] -= amount
        if taker != ZERO_ADDRESS:
            self.money[taker] += amount
        self.emit("PaymentToken", "Transfer", from_=giver, to=taker, value=amount)


def issue(world: World, draw: st.DrawFn) -> None:
    account, class_id, amount = draw(person), draw(class_of), draw(small)
    world.buffer[class_id] += 1
    world.emit("CarbonCredit", "Issued", account=account, classId=class_id, amount=amount, bufferAmount=1)
    world.transfer(ZERO_ADDRESS, account, class_id, amount)


def give(world: World, draw: st.DrawFn) -> None:
    giver, taker, class_id = draw(person), draw(person), draw(class_of)
    world.transfer(giver, taker, class_id, draw(st.integers(0, world.held[giver, class_id])))


def give_batch(world: World, draw: st.DrawFn) -> None:
    giver, taker = draw(person), draw(person)
    values = [draw(st.integers(0, world.held[giver, class_id])) for class_id in CLASSES]
    for class_id, value in zip(CLASSES, values, strict=True):
        world.move(giver, taker, class_id, value)
    world.emit("CarbonCredit", "TransferBatch", from_=giver, to=taker, ids=CLASSES, values=values)


def retire(world: World, draw: st.DrawFn) -> None:
    account, beneficiary, class_id = draw(person), draw(person), draw(class_of)
    amount = draw(st.integers(0, world.held[account, class_id]))
    world.transfer(account, ZERO_ADDRESS, class_id, amount)
    world.retired[beneficiary, class_id] += amount
    world.emit("CarbonCredit", "Retired", account=account, beneficiary=beneficiary, classId=class_id, amount=amount)


def use_buffer(world: World, draw: st.DrawFn) -> None:
    class_id, name = draw(class_of), draw(st.sampled_from(["BufferCancelled", "BufferExpired"]))
    amount = draw(st.integers(0, world.buffer[class_id]))
    world.buffer[class_id] -= amount
    world.emit("CarbonCredit", name, classId=class_id, amount=amount)


def refill(world: World, draw: st.DrawFn) -> None:
    account, class_id = draw(person), draw(class_of)
    amount = draw(st.integers(0, world.held[account, class_id]))
    world.transfer(account, ZERO_ADDRESS, class_id, amount)
    world.buffer[class_id] += amount
    world.emit("CarbonCredit", "BufferRefilled", account=account, classId=class_id, amount=amount)


def reverse(world: World, draw: st.DrawFn) -> None:
    world.emit("CarbonCredit", "ReversalRecorded", classId=draw(class_of), amount=draw(small))


def approve_credits(world: World, draw: st.DrawFn) -> None:
    account, operator, approved = draw(person), draw(st.sampled_from([EXCHANGE, CHARITY])), draw(st.booleans())
    world.approved[account, operator] = approved
    world.emit("CarbonCredit", "ApprovalForAll", account=account, operator=operator, approved=approved)


def pay_in(world: World, draw: st.DrawFn) -> None:
    world.pay(ZERO_ADDRESS, draw(person), draw(small) * 100)


def pay(world: World, draw: st.DrawFn) -> None:
    giver = draw(person)
    world.pay(giver, draw(person), draw(st.integers(0, world.money[giver])))


def allow(world: World, draw: st.DrawFn) -> None:
    owner, value = draw(person), draw(st.one_of(st.just(UINT256_MAX), st.integers(0, 500)))
    world.allowed[owner] = value
    world.emit("PaymentToken", "Approval", owner=owner, spender=EXCHANGE, value=value)


def fill(world: World, draw: st.DrawFn) -> None:
    buyer, seller = draw(person), draw(person)
    lots, price, fee = draw(small), draw(small), draw(st.integers(0, 3))
    paid = lots * price + fee
    allowed = world.allowed.get(buyer, 0)
    if paid > min(allowed, world.money[buyer]):
        return
    if allowed != UINT256_MAX:
        world.allowed[buyer] = allowed - paid
    world.emit("Exchange", "Filled", buyer=buyer, seller=seller, lots=lots, pricePerKg=price, fee=fee)
    world.pay(buyer, seller, paid)


def cancel(world: World, draw: st.DrawFn) -> None:
    maker, number = draw(person), draw(small)
    world.spent.add(("Exchange", maker, number))
    world.emit("Exchange", "NumberCancelled", maker=maker, number=number)


def cancel_all(world: World, draw: st.DrawFn) -> None:
    maker = draw(person)
    previous = world.epochs[maker]
    world.epochs[maker] = previous + draw(st.integers(1, 1 << 16))
    world.emit("Exchange", "AllCancelled", maker=maker, previousEpoch=previous, epoch=world.epochs[maker])


def use_number(world: World, draw: st.DrawFn) -> None:
    contract, account, number = draw(st.sampled_from(["CarbonCredit", "Charity"])), draw(person), draw(small)
    world.spent.add((contract, account, number))
    world.emit(contract, "NumberUsed", account=account, number=number)


ACTS = (
    issue,
    issue,
    give,
    give_batch,
    retire,
    use_buffer,
    refill,
    reverse,
    approve_credits,
    pay_in,
    pay,
    allow,
    fill,
    fill,
    cancel,
    cancel_all,
    use_number,
)


def live(world: World, draw: st.DrawFn, acts_max: int) -> World:
    """Lets some acts happen."""
    for act in draw(st.lists(st.sampled_from(ACTS), max_size=acts_max)):
        act(world, draw)
    return world


@st.composite
def worlds(draw: st.DrawFn) -> World:
    world = World()
    for class_id in CLASSES:
        world.emit("CarbonCredit", "ClassCreated", classId=class_id, cap=10**9, bufferRateBps=500)
        world.emit("CarbonCredit", "SurplusAnchored", classId=class_id, budgets=10**6, surplus=10**5)
    return live(world, draw, 40)


@st.composite
def forks(draw: st.DrawFn) -> tuple[int, World, World]:
    """Two histories of one beginning, and how many events they share."""
    beginning = draw(worlds())
    return len(beginning.events), live(deepcopy(beginning), draw, 15), live(deepcopy(beginning), draw, 15)


def a_session() -> Session:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    SQLModel.metadata.create_all(engine, tables=[table.__table__ for table in TABLES])  # type: ignore[attr-defined]
    return Session(engine)


def apply_all(session: Session, events: Iterable[ChainEvent]) -> None:
    for event in events:
        for projection in PROJECTIONS:
            projection.apply(session, event)


def undo_all(session: Session, events: Sequence[ChainEvent]) -> None:
    for event in reversed(events):
        for projection in reversed(PROJECTIONS):
            projection.undo(session, event)


def rows(session: Session) -> list[list[str]]:
    return [sorted(repr(sorted(row.model_dump().items())) for row in session.exec(select(table))) for table in TABLES]


@given(worlds())
def test_inv_09_projections__after_any_history__say_what_the_naive_model_says(world: World) -> None:
    with a_session() as session:
        apply_all(session, world.events)

        for account in PEOPLE:
            for class_id in CLASSES:
                assert credit_balance(session, account, class_id) == world.held[account, class_id]
                assert credit_retired(session, account, class_id) == world.retired[account, class_id]
            for operator in (EXCHANGE, CHARITY):
                assert credit_approved(session, account, operator) == world.approved.get((account, operator), False)
            assert payment_balance(session, account) == world.money[account]
            assert payment_allowance(session, account, EXCHANGE) == world.allowed.get(account, 0)
            assert maker_epoch(session, account) == world.epochs[account]
            for number in range(1, 10):
                assert number_cancelled(session, account, number) == (("Exchange", account, number) in world.spent)
                for contract in ("CarbonCredit", "Charity"):
                    used = (contract, account, number) in world.spent
                    assert number_used(session, contract, account, number) == used


@given(worlds())
def test_inv_01_projected_supply__after_any_history__is_issued_held_buffer_retired_and_cancelled(world: World) -> None:
    with a_session() as session:
        apply_all(session, world.events)

        assert [totals.class_id for totals in credit_classes(session)] == CLASSES
        for class_id in CLASSES:
            totals = credit_class(session, class_id)
            assert totals is not None
            held = sum(credit_balance(session, account, class_id) for account in PEOPLE)
            spoken_for = held + totals.buffer_gco2e + totals.retired_gco2e + totals.cancelled_gco2e
            assert totals.issued_gco2e == spoken_for
            assert totals.buffer_gco2e == world.buffer[class_id]


@given(worlds(), st.data())
def test_undo__of_the_last_k_events__leaves_the_rows_of_a_history_without_them(
    world: World, data: st.DataObject
) -> None:
    kept = data.draw(st.integers(0, len(world.events)))
    with a_session() as rewound, a_session() as shorter:
        apply_all(rewound, world.events)
        undo_all(rewound, world.events[kept:])
        apply_all(shorter, world.events[:kept])

        assert rows(rewound) == rows(shorter)


@given(forks())
def test_reorganisation__to_another_continuation__leaves_the_rows_of_that_history_alone(
    fork: tuple[int, World, World],
) -> None:
    shared, abandoned, canonical = fork
    with a_session() as followed, a_session() as fresh:
        apply_all(followed, abandoned.events)
        undo_all(followed, abandoned.events[shared:])
        apply_all(followed, canonical.events[shared:])
        apply_all(fresh, canonical.events)

        assert rows(followed) == rows(fresh)


@given(worlds())
def test_reset__and_applying_again__makes_the_same_rows(world: World) -> None:
    with a_session() as session:
        apply_all(session, world.events)
        before = rows(session)

        for projection in PROJECTIONS:
            projection.reset(session)
        emptied = rows(session)
        apply_all(session, world.events)

        assert emptied == [[] for _ in TABLES]
        assert rows(session) == before
