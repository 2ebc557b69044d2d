"""Whoever is erased, and however old it is: the parts of those it lived and drove with stay what they were."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, col, select

from backend.chain.keys import dev_signer
from backend.footprint.span import Span
from backend.ledger.coverage import Share
from backend.ledger.erasure import destroy_keys, erase
from backend.ledger.guards import Guards
from backend.ledger.hand_over import majority_of
from backend.ledger.home import move_in
from backend.ledger.odometer import read_odometer
from backend.ledger.person import MAJORITY_AGE, Person, age_on, join
from backend.ledger.shares import Parts, Shares, parts_in
from backend.ledger.split import Shared
from backend.ledger.tables import VehicleUserRow
from backend.ledger.vehicle import Vehicle, join_vehicle, leave_vehicle, register_vehicle
from backend.storage.database import Database
from tests.unit.ledger.erasing import signed
from tests.unit.ledger.people import AT, at_home, some_books

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
GUARDED = Guards(least_shares=True, told_within_days=400)
BOOKS = some_books()
numbers = count(200)


@pytest.fixture(scope="module")
def kept() -> Iterator[Database]:
    """One database for every example: each brings people of its own."""
    with TemporaryDirectory() as folder:
        database = Database.at(Path(folder) / "tanyu.db")
        SQLModel.metadata.create_all(database.writer)
        yield database
        database.close()


def a_driver(
    session: Session, born_on: date, since_on: date, until_on: date | None
) -> tuple[list[Person], Person, Vehicle, int]:
    """Two adults with a car, who else drives it from a day to a day, and by which key that one is erased."""
    one, two, three = (next(numbers) for _ in range(3))
    code, adults = at_home(session, BOOKS, one, two)
    is_minor = age_on(born_on, FIRST) < MAJORITY_AGE
    driver = join(
        session, BOOKS, address=dev_signer(three).address, region="US-CA", identity=f"person {three}",
        joined_on=FIRST, at=AT, born_on=born_on, guardian=adults[0].address if is_minor else None,
    )  # fmt: skip
    move_in(session, code, person_id=driver.person_id, since_on=FIRST)
    car = register_vehicle(
        session, BOOKS, person_id=adults[0].person_id, kind="car_petrol", place="US-CA", plate=f"P {one}",
        since_on=FIRST, at=AT,
    )  # fmt: skip
    join_vehicle(session, car.code, person_id=adults[1].person_id, since_on=FIRST, at=AT)
    join_vehicle(session, car.code, person_id=driver.person_id, since_on=since_on, at=AT)
    if until_on is not None:
        for day, km in ((since_on, 1_000), (until_on + timedelta(days=1), 5_000)):
            read_odometer(session, BOOKS, car.code, person_id=adults[0].person_id, read_on=day, km=km, at=AT)
        leave_vehicle(session, car.code, person_id=driver.person_id, until_on=until_on, at=AT)
    return adults, driver, car, one if is_minor else three


def parts_of(database: Database, adults: list[Person], car: Vehicle) -> list[Parts]:
    """Runs of one share are one, wherever a birthday cut them."""
    found = []
    with database.read() as session:
        for one in adults:
            parts = parts_in(session, Shared.vehicle(car), one.person_id, FIRST, LAST, guards=GUARDED)
            assert parts is not None
            found.append(replace(parts, least=joined(parts.least or ())))
    return found


def joined(shares: Shares) -> Shares:
    runs: list[tuple[Span, Share]] = []
    for span, share in shares:
        continues = bool(runs) and runs[-1] == (Span(runs[-1][0].start_s, span.start_s), share)
        start_s = runs.pop()[0].start_s if continues else span.start_s
        runs.append((Span(start_s, span.end_s), share))
    return tuple(runs)


def remembered(database: Database, driver: Person) -> date | None:
    with database.read() as session:
        query = select(VehicleUserRow).where(col(VehicleUserRow.person_id) == driver.person_id)
        return session.exec(query).one().of_age_from


@given(
    st.dates(date(2006, 6, 1), date(2009, 1, 1)),
    st.dates(FIRST, date(2025, 11, 30)),
    st.none() | st.integers(0, 30),
)
def test_parts__of_those_who_drove_with_somebody_erased__do_not_change(
    kept: Database, born_on: date, since_on: date, stays: int | None
) -> None:
    until_on = None if stays is None else since_on + timedelta(days=stays)
    with kept.write() as session:
        adults, driver, car, key = a_driver(session, born_on, since_on, until_on)
    before = parts_of(kept, adults, car)
    with kept.write() as session:
        erase(session, BOOKS, driver, signed(driver, dev_signer(key)), at=AT)
    destroy_keys(kept, driver.person_id)

    assert parts_of(kept, adults, car) == before
    known, majority = remembered(kept, driver), majority_of(born_on)
    after = (until_on or AT.date()) + timedelta(days=1)
    assert known == (None if majority <= since_on else min(majority, after)), "no more than the others need"


def test_parts__who_drove_was_a_child__are_larger_than_with_an_adult(kept: Database) -> None:
    parts = []
    for born_on in (date(2010, 1, 1), date(1990, 1, 1)):
        with kept.write() as session:
            adults, _, car, _ = a_driver(session, born_on, FIRST, None)
        parts.append([one.least for one in parts_of(kept, adults, car)])
    among = [{share for least in found for _, share in least or ()} for found in parts]

    assert among == [{2}, {3}], "what the first test keeps makes a difference"
