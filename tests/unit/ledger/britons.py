"""Britons under a home electricity policy of 100 kg a year, for tests that need more than one vintage."""

from datetime import date

from sqlmodel import Session

from backend.footprint.kind import Grade
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.home import found_home
from backend.ledger.person import Person
from backend.ledger.policy import Policy, parse_policy
from backend.ledger.service import Statement, mark_attested
from tests.unit.ledger.people import AT, Use, keep, member
from tests.unit.ledger.test_policy import TEXT


def british(vintage: int, **rules: int) -> Policy:
    """A policy for home electricity in Britain: 100 kg a year, no haircut and no buffer unless given."""
    text = TEXT.replace('id = "test"', f'id = "gb-{vintage}"').replace("vintage = 2025", f"vintage = {vintage}")
    for name, value in ({"haircut_d_bps": 0, "buffer_bps": 0} | rules).items():
        line = next(row for row in text.splitlines() if row.startswith(f"{name} = "))
        text = text.replace(line, f"{name} = {value}")
    return parse_policy(text)


def a_briton(session: Session, books: Books, number: int = 10) -> tuple[Person, str]:
    person = member(session, books, number, "GB", date(2024, 1, 1))
    home = found_home(session, person_id=person.person_id, region="GB", since_on=date(2024, 1, 1), at=AT)
    return person, home.code


def used(session: Session, books: Books, person: Person, home: str, *, vintage: int, kwh: str) -> None:
    meter = f"meter of {person.person_id}"
    reading = Use("grid_electricity", kwh, "kWh", f"{vintage}-01-01", f"{vintage}-12-31", "GB", meter, Grade.M)
    keep(session, books, person, reading, home)


def closed(session: Session, books: Books, person: Person, vintage: int) -> Statement:
    return close(session, books, person_id=person.person_id, vintage=vintage, at=AT)


def attested(session: Session, books: Books, person: Person, vintage: int) -> Statement:
    closed(session, books, person, vintage)
    submitted = submit(session, books, person_id=person.person_id, vintage=vintage, at=AT)
    return mark_attested(session, submitted.digest, at=AT, salts=books.salts)
