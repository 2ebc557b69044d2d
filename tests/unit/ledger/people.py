"""Households for the ledger's tests: members with a home, their readings, and the sample year played."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

from sqlmodel import Session

from backend.chain.keys import dev_signer
from backend.footprint.activity import activity_of, span_of
from backend.footprint.kind import Grade
from backend.kernel.digest import sha256
from backend.ledger.books import Books
from backend.ledger.home import found_home, move_in
from backend.ledger.person import Person, join
from backend.ledger.personhood import DevelopmentIssuer
from backend.ledger.policy import Policy, PolicySet, shipped_policies
from backend.ledger.record import import_csv, inspect, record
from backend.ledger.sample import SampleHousehold, play_vehicle, sample_households

AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
VERIFIER = dev_signer(4).address
LAST_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def counted_salts() -> Iterator[bytes]:
    """Salts that repeat from run to run, for digests that can be pinned."""
    return (sha256(b"salt" + number.to_bytes(4)) for number in count())


def some_books(*policies: Policy) -> Books:
    """The shipped catalogue and policies (or others), fixed keys, and salts that repeat."""
    salts = counted_salts()
    chosen = PolicySet.of(list(policies)) if policies else shipped_policies()
    return Books(chosen, DevelopmentIssuer(b"i" * 32), b"p" * 32, salts=lambda: next(salts))


def member(
    session: Session, books: Books, number: int, region: str = "US-CA", joined_on: date = date(2025, 1, 1)
) -> Person:
    """A member with the development address of that number."""
    return join(
        session,
        books,
        address=dev_signer(number).address,
        region=region,
        identity=f"person {number}",
        joined_on=joined_on,
        at=AT,
    )


def at_home(session: Session, books: Books, *numbers: int, region: str = "US-CA") -> tuple[str, list[Person]]:
    """A home's code and the members who have lived in it since the year began."""
    people = [member(session, books, number, region) for number in numbers]
    grid_area = "US-CAMX" if region == "US-CA" else region
    first = people[0].person_id
    home = found_home(session, person_id=first, region=region, grid_area=grid_area, since_on=date(2025, 1, 1), at=AT)
    for person in people[1:]:
        move_in(session, home.code, person_id=person.person_id, since_on=date(2025, 1, 1))
    return home.code, people


@dataclass(frozen=True)
class Use:
    """One reading of a home's meter, or one trip, as a test writes it down."""

    kind: str
    quantity: str
    unit: str
    first: str
    last: str
    place: str
    meter: str | None = None
    grade: Grade = Grade.D


def keep(
    session: Session, books: Books, person: Person, use: Use, home: str | None = None, *, at: datetime = AT
) -> int:
    """Records it."""
    activity = activity_of(
        kind=use.kind,
        quantity=use.quantity,
        unit=use.unit,
        span=span_of(use.first, use.last, use.place),
        place=use.place,
        grade=use.grade,
        evidence="a document",
        meter=use.meter,
    )
    return record(session, books, person_id=person.person_id, activity=activity, home=home, at=at)


def power(month: int, kwh: str, grade: Grade = Grade.D, meter: str = "M1") -> Use:
    """A month's electricity in California."""
    first, last = f"2025-{month:02d}-01", f"2025-{month:02d}-{LAST_DAYS[month - 1]}"
    return Use("grid_electricity", kwh, "kWh", first, last, "US-CAMX", meter, grade)


def play_household(
    session: Session, books: Books, household: SampleHousehold, numbers: Iterator[int]
) -> dict[str, Person]:
    """Joins a sample household's people, imports its CSVs, and has a verifier inspect what is behind them."""
    people: dict[str, Person] = {}
    code: str | None = None
    for sample in household.people:
        guardian = people[sample.guardian].address if sample.guardian else None
        person = join(
            session,
            books,
            address=dev_signer(next(numbers)).address,
            region=household.region,
            identity=sample.identity,
            joined_on=sample.joined_on,
            at=AT,
            born_on=sample.born_on,
            guardian=guardian,
        )
        people[sample.key] = person
        kept: list[int] = []
        if code is None:
            code = found_home(
                session,
                person_id=person.person_id,
                region=household.region,
                grid_area=household.grid_area,
                since_on=sample.joined_on,
                at=AT,
            ).code
            for text in household.csv_texts:
                kept += import_csv(session, books, person_id=person.person_id, text=text, home=code, at=AT)
        else:
            move_in(session, code, person_id=person.person_id, since_on=sample.joined_on)
        for text in sample.csv_texts:
            kept += import_csv(session, books, person_id=person.person_id, text=text, home=None, at=AT)
        inspect(session, verifier=VERIFIER, activity_ids=kept, at=AT)
    driven = play_vehicle(session, books, household, [person.person_id for person in people.values()], AT)
    inspect(session, verifier=VERIFIER, activity_ids=driven, at=AT)
    return people


def play_sample_year(session: Session, books: Books) -> dict[str, Person]:
    """Every sample household, joined and recorded; by the sample's keys."""
    numbers = count(10)
    people: dict[str, Person] = {}
    for household in sample_households():
        people |= play_household(session, books, household, numbers)
    return people
