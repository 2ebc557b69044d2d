"""However a meter's readings are cut, spelt, exported and brought, in which order and by whom: each counts once."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, select

from backend.footprint.green_button import read_green_button
from backend.footprint.span import Span, seconds_of, union
from backend.kernel.clock import unix_s
from backend.kernel.errors import TanyuError
from backend.ledger.books import Books
from backend.ledger.intake import green_button_of, take_in
from backend.ledger.person import Person
from backend.ledger.tables import ActivityRow
from backend.storage.database import Database
from tests.unit.footprint.feeds import electricity
from tests.unit.ledger.people import AT, at_home, some_books

START = 1_735_718_400
"""Midnight of New Year's Day 2025 in California."""
SPELLINGS = ("AB-0120", "ab 0120", "00abo120", "AB0l20", "ＡＢ０１２０")
POINTS = ("U/1", "U/1", "another export")

uploads = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 60 * 24),
        st.lists(st.sampled_from([15, 30, 60, 24 * 60, 40 * 24 * 60]), min_size=1, max_size=30),
        st.sampled_from(SPELLINGS),
        st.sampled_from(POINTS),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
"""Who, from which minute on, in intervals of how many minutes, under which number and point, only what is new."""


def bring(session: Session, books: Books, person: Person, home: str, *, feed: str, meter: str, only_new: bool) -> bool:
    """Whether it was taken."""
    file = read_green_button([feed.encode()])
    try:
        intake = green_button_of(
            session, books, file, person=person, home=home, meters={file.points[0].name: meter}, only_new=only_new,
            delivery=None, at=AT, chain_id=31337,
        )  # fmt: skip
        take_in(session, books, intake, person=person, confirm=intake.digest(person), at=AT)
    except TanyuError:
        return False
    return True


@given(uploads)
def test_no_moment_of_a_meter__counts_twice(brought: list[tuple[int, int, list[int], str, str, bool]]) -> None:
    with TemporaryDirectory() as folder:
        database = Database.at(Path(folder) / "tanyu.db")
        SQLModel.metadata.create_all(database.writer)
        with database.write() as session:
            books = some_books()
            home, (one, two) = at_home(session, books, 10, 11)
            other_home, (three,) = at_home(session, books, 12)
            taken = []
            for who, minute, lengths, meter, point, only_new in brought:
                at, readings = START + minute * 60, []
                for length in lengths:
                    readings.append((at, length * 60, length))
                    at += length * 60
                person, code = ((one, home), (two, home), (three, other_home))[who]
                taken.append(
                    bring(
                        session,
                        books,
                        person,
                        code,
                        feed=electricity(readings, point=point),
                        meter=meter,
                        only_new=only_new,
                    )
                )
            rows = session.exec(select(ActivityRow)).all()
            spans = [Span(unix_s(row.start_at), unix_s(row.end_at)) for row in rows]
        database.close()

    assert taken[0]
    assert sum(span.seconds for span in spans) == seconds_of(union(spans))
    assert len({row.premises_id for row in rows}) == 1
