"""A city's year from this Tanyu's own database: everybody who belongs to a region, closed at once and one by one."""

from dataclasses import dataclass

from sqlmodel import Session

from backend.footprint.selection import FactorUnknown
from backend.ledger.accrual import NotAMember
from backend.ledger.books import Books
from backend.ledger.city_close import Closed, close_people, people_row
from backend.ledger.city_engine import Engine
from backend.ledger.city_rows import rows_of
from backend.ledger.draft import draft_of
from backend.ledger.person import persons
from backend.ledger.policy import Policy, PolicyUnknown
from backend.ledger.statement import BasisMismatch, Year


@dataclass(frozen=True)
class Checked:
    """A closed city, and how many people's figures differ from what the per-person code says: none, or a bug."""

    closed: Closed
    differing: int


def close_region(session: Session, engine: Engine, books: Books, policy: Policy) -> Checked:
    """Closes everybody whose vintage is under a policy, as known now."""
    years: dict[int, Year] = {}
    refused: list[tuple[int, str]] = []
    for person in persons(session):
        try:
            year = draft_of(session, books, person.person_id, policy.vintage).year
        except (NotAMember, PolicyUnknown):
            continue
        except (FactorUnknown, BasisMismatch) as failure:
            refused.append((person.person_id, failure.code))
            continue
        if year.policy.id == policy.id:
            years[person.person_id] = year
    rows = [rows_of(person, year) for person, year in years.items()]
    closed = close_people(engine, rows, policy, books.factors_for(policy.vintage))
    found = {row[0]: row for row in engine.run("SELECT * FROM people")}
    differing = sum(found.get(person) != people_row(person, year) for person, year in years.items())
    return Checked(Closed(closed.rates, closed.apart, (*refused, *closed.refused)), differing)
