"""One playing of a small world (`cheat_world.py`) into the ledger: by the real use cases, on a database.

Documents cannot be forged: what is inspected or signed is the truth of its time, however it is cut. All else may be
lied about, left out and timed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from backend.chain.keys import dev_signer, personal_sign
from backend.footprint.activity import activity_of, span_of
from backend.footprint.kind import METERED, Category, Grade, kind_of
from backend.kernel.errors import TanyuError
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.home import found_home, home_at, move_in, move_out
from backend.ledger.meter import replace_meter
from backend.ledger.odometer import read_odometer
from backend.ledger.person import Person, join
from backend.ledger.record import inspect, record
from backend.ledger.service import mark_attested, statement_of
from backend.ledger.split import Shared, propose_split, sign_split
from backend.ledger.state import State
from backend.ledger.tables import StatementRow
from backend.ledger.vehicle import join_vehicle, register_vehicle, vehicle_at
from backend.storage.database import Database
from tests.property.cheat_world import BIRTH, END, SWAP, VINTAGES, Item, World, day_of, last_day_of, noon_of
from tests.unit.ledger.people import VERIFIER, some_books


@dataclass
class Play:
    """One playing of a world. `told` says what of each item is recorded with a document."""

    world: World
    database: Database
    books: Books = field(init=False)
    people: dict[str, Person] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=lambda: {"a": 10, "b": 11, "c": 12, "k": 13})
    homes: dict[str, str] = field(default_factory=dict)
    car: str = ""
    joined_late: set[str] = field(default_factory=set)
    told: dict[int, set[int]] = field(default_factory=dict)
    kept: dict[int, tuple[int, range]] = field(default_factory=dict)
    """Activity -> its item and thirds."""
    read_last: int = 0
    now: datetime = field(default_factory=lambda: noon_of(0))

    def __post_init__(self) -> None:
        self.books = some_books(*self.world.policies)
        self.told = {at: set() for at in range(len(self.world.items))}

    def begin(self, joins: int = 0) -> None:
        """Everybody there joins, homes and car are registered; the third adult joins with the third `joins`."""
        for name in ("a", "b"):
            self.join(name, 0)
        self.home("h1", "a", 0)
        with self.database.write() as session:
            move_in(session, self.homes["h1"], person_id=self.id("b"), since_on=day_of(0), at=self.now)
        if self.world.km is not None:
            self.register_car()
        if joins == 0:
            self.arrive(0)

    def arrive(self, third: int) -> None:
        """The third adult joins, where it lives by then."""
        self.join("c", third)
        if third >= self.world.move:
            with self.database.write() as session:
                move_in(session, self.homes["h1"], person_id=self.id("c"), since_on=day_of(third), at=self.now)
            return
        self.home("h2", "c", third)

    def join(self, name: str, third: int) -> None:
        """A person joins on the first day of a third; the child with its guardian."""
        born_on = day_of(BIRTH) if name == "k" else None
        guardian = dev_signer(self.keys["a"]).address if name == "k" else None
        with self.database.write() as session:
            self.people[name] = join(
                session,
                self.books,
                address=dev_signer(self.keys[name]).address,
                region="GB",
                identity=f"person {name}",
                joined_on=day_of(third),
                at=self.now,
                born_on=born_on,
                guardian=guardian,
            )
        if third > (BIRTH if name == "k" else 0):
            self.joined_late.add(name)

    def id(self, name: str) -> int:
        """A person's id."""
        return self.people[name].person_id

    def home(self, key: str, name: str, third: int) -> None:
        """A home with its first member, from the first day of a third."""
        with self.database.write() as session:
            home = found_home(
                session, person_id=self.id(name), region="GB", since_on=day_of(third), at=self.now, grid_area="GB"
            )
        self.homes[key] = home.code

    def bear(self, third: int) -> None:
        """The child joins with the first day of a third, and lives with its parents."""
        self.join("k", third)
        with self.database.write() as session:
            move_in(session, self.homes["h1"], person_id=self.id("k"), since_on=day_of(third), at=self.now)

    def register_car(self) -> None:
        """The adults of the first home have a car, read as the year begins."""
        with self.database.write() as session:
            car = register_vehicle(
                session,
                self.books,
                person_id=self.id("a"),
                kind="car_petrol",
                place="GB",
                plate="CHEAT 1",
                since_on=day_of(0),
                at=self.now,
            )
            self.car = car.code
            join_vehicle(session, car.code, person_id=self.id("b"), since_on=day_of(0), at=self.now)
        self.read(0, "a")

    def read(self, third: int, name: str) -> None:
        """The odometer as the third began; what was driven is inspected, for the reading is the truth."""
        km = self.world.km or ()
        with self.database.write() as session:
            reading = read_odometer(
                session,
                self.books,
                self.car,
                person_id=self.id(name),
                read_on=day_of(third),
                km=1_000 + sum(km[:third]),
                at=self.now,
                evidence="a picture",
            )
            if reading.activity_id is not None:
                inspect(session, verifier=VERIFIER, activity_ids=[reading.activity_id], at=self.now)
        self.read_last = third

    def owner(self, item: Item) -> tuple[str, str | None]:
        """Who enters an item, and in which home."""
        if item.owner in {"h1", "h2"}:
            return ("a" if item.owner == "h1" else "c"), self.homes.get(item.owner)
        return item.owner, None

    def tell(
        self,
        session: Session,
        at: int,
        thirds: range,
        *,
        quantity: int | None = None,
        grade: Grade | None = None,
        number: str | None = None,
    ) -> int:
        """Records an item's truth of some thirds in one activity; another `quantity` can only be self-declared."""
        item = self.world.items[at]
        name, home = self.owner(item)
        chosen = Grade.S if quantity is not None else grade or item.grade
        kind = kind_of(item.kind)
        amount = sum(item.truth[third] for third in thirds) if quantity is None else quantity
        activity = activity_of(
            kind=item.kind,
            quantity=str(amount),
            unit=kind.unit,
            span=span_of(day_of(thirds[0]).isoformat(), last_day_of(thirds[-1]).isoformat(), "GB"),
            place="GB",
            grade=chosen if chosen is Grade.M else Grade.S,
            evidence="a document",
            meter=(number or item.number) if kind.category in METERED else None,
        )
        kept = record(session, self.books, person_id=self.id(name), activity=activity, home=home, at=self.now)
        if chosen is Grade.D:
            inspect(session, verifier=VERIFIER, activity_ids=[kept], at=self.now)
        self.kept[kept] = (at, thirds)
        if quantity is None:
            self.told[at] |= set(thirds)
        return kept

    def fill(self, cuts: Sequence[int], hidden: Sequence[set[int]], until: int = 72, *, may_fail: bool) -> None:
        """Tells what is not told or hidden up to a third, in documents cut where a year or one of `cuts` begins; what
        is refused is left out, if it may.
        """
        edges = {*cuts, 36}
        with self.database.write() as session:
            for at, item in enumerate(self.world.items):
                if self.owner(item)[0] not in self.people:
                    continue
                open_thirds = [
                    third
                    for third in range(item.first, min(item.last + 1, until))
                    if third not in self.told[at] and third not in hidden[at]
                ]
                for run in _runs(open_thirds, edges):
                    self._try(session, at, run, may_fail=may_fail)

    def _try(self, session: Session, at: int, run: range, *, may_fail: bool) -> None:
        before = set(self.told[at])
        try:
            with session.begin_nested():
                self.tell(session, at, run)
        except TanyuError:
            self.told[at] = before
            if not may_fail:
                raise

    def tell_move(self) -> None:
        """The third adult says that it moved, and on which day."""
        day = day_of(self.world.move)
        with self.database.write() as session:
            move_out(session, self.homes["h2"], person_id=self.id("c"), until_on=day - timedelta(days=1), at=self.now)
            move_in(session, self.homes["h1"], person_id=self.id("c"), since_on=day, at=self.now)

    def drive_along(self, third: int) -> None:
        """The third adult uses the car from a third on."""
        with self.database.write() as session:
            join_vehicle(session, self.car, person_id=self.id("c"), since_on=day_of(third), at=self.now)

    def swap(self) -> None:
        """The electricity meter of the first home was replaced."""
        with self.database.write() as session:
            replace_meter(
                session,
                self.books,
                home_at(session, self.homes["h1"]),
                person_id=self.id("a"),
                category=Category.ELECTRICITY,
                old="E1O8",
                new="E1 new",
                on=day_of(SWAP),
                at=self.now,
            )

    def split(self, what: str, parts: Sequence[int], since_on: date) -> None:
        """Everybody who shares a home or the car then signs these parts, in the order of their names."""
        with self.database.write() as session:
            shared = (
                Shared.vehicle(vehicle_at(session, self.car))
                if what == "car"
                else Shared.home(home_at(session, self.homes[what]))
            )
            there = {
                one.person_id
                for one in shared.sharers(session)
                if one.since_on <= since_on and (one.until_on is None or one.until_on >= since_on)
            }
            names = [name for name in sorted(self.people) if self.id(name) in there]
            rest = 10_000 - sum(parts[: len(names) - 1])
            shares = [*parts[: len(names) - 1], rest]
            parts_bps = {dev_signer(self.keys[name]).address: bps for name, bps in zip(names, shares, strict=True)}
            view = propose_split(session, shared, parts_bps=parts_bps, since_on=since_on, at=self.now)
            for name in names:
                if name != "k":
                    signature = personal_sign(dev_signer(self.keys[name]), view.text)
                    sign_split(session, shared, view.split_id, signature=signature, at=self.now)

    def finish(self, name: str, vintage: int) -> None:
        """Closes, submits and has attested what is not; who was no member then has nothing."""
        with self.database.write() as session:
            statement = statement_of(session, self.id(name), vintage)
            state = State.OPEN if statement is None else statement.state
            if state in {State.OPEN, State.CLOSED, State.RETURNED}:
                close(session, self.books, person_id=self.id(name), vintage=vintage, at=self.now)
                state = State.CLOSED
            if state is State.CLOSED:
                submit(session, self.books, person_id=self.id(name), vintage=vintage, at=self.now)
            current = statement_of(session, self.id(name), vintage)
            if current is not None and current.state is State.SUBMITTED:
                mark_attested(session, current.digest, at=self.now, salts=self.books.salts)

    def result(self) -> dict[tuple[str, int], StatementRow]:
        """The current statements by person and vintage."""
        with self.database.read() as session:
            return {
                (name, row.vintage): row for name in self.people for row in _rows(session, self.people[name].person_id)
            }


def _runs(thirds: Sequence[int], edges: set[int]) -> list[range]:
    """Thirds in a row as ranges, cut at edges."""
    found: list[range] = []
    for third in thirds:
        if found and found[-1].stop == third and third not in edges:
            found[-1] = range(found[-1].start, third + 1)
        else:
            found.append(range(third, third + 1))
    return found


def _rows(session: Session, person_id: int) -> Sequence[StatementRow]:
    rows = session.exec(
        select(StatementRow).where(col(StatementRow.person_id) == person_id, col(StatementRow.current))
    ).all()
    session.expunge_all()
    return rows


def play_truth(world: World, database: Database) -> Play:
    """Truthful, complete reporting: everything told in time, in the finest documents there are."""
    play = Play(world, database)
    play.begin()
    cuts = (BIRTH, world.move)
    nothing: list[set[int]] = [set() for _ in world.items]
    for third in range(1, 73):
        play.now = noon_of(third)
        if world.km is not None and third in {*cuts, 36, 72}:
            play.read(third, "a")
        if third == BIRTH:
            play.bear(third)
        if third == SWAP and world.is_swapped:
            play.fill(cuts, nothing, SWAP, may_fail=False)
            play.swap()
        if third == world.move:
            play.tell_move()
            if world.km is not None:
                play.drive_along(third)
    play.now = END
    play.fill(cuts, nothing, may_fail=False)
    for vintage in VINTAGES:
        for name in play.people:
            play.finish(name, vintage)
    return play
