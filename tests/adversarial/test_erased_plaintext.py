"""An erased person's plaintext is nowhere: not in the database, its write-ahead log, logs, exports or the key store,
and not to be had from a backup that is brought back. The search itself is shown to find what is not sealed.
"""

import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, col, select

from backend.api.rooms import books_of_all_rooms
from backend.chain.keys import dev_signer
from backend.issuance.draw_list import day_number
from backend.issuance.verification_tables import (
    AppealRow,
    DrawRow,
    InspectionRow,
    QuestionRow,
    ReauditRow,
    ReturnRow,
)
from backend.ledger.access_log import Role, note
from backend.ledger.access_log_tables import AccessRow
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.correction import CorrectionKind, correct
from backend.ledger.erasure import finish_erasures
from backend.ledger.export import export_pieces, exported
from backend.ledger.home import found_home, move_in
from backend.ledger.person import Person, join, persons
from backend.ledger.record import import_csv
from backend.ledger.service import mark_returned, statement_of
from backend.ledger.tables import ActivityRow, CorrectionRow, PersonRow, StatementRow
from backend.storage import sealing
from backend.storage.database import Database
from backend.storage.keys import KeyDestroyed
from tests.unit.ledger.erasing import erased
from tests.unit.ledger.people import AT, VERIFIER, member, some_books

ALICE, BOB = 10, 11
CSV = """category,kind,quantity,unit,from,to,place,meter,evidence
travel,coach,314159.25,passenger_km,2025-03-04,2025-03-04,US-CA,,张三的车票 ZX-8842.pdf
diet,diet_vegan,271.5,day,2025-01-01,2025-09-28,US-CA,,"seen by ""Dr. Wéi"" himself"
"""
BILL = """category,kind,quantity,unit,from,to,place,meter,evidence
electricity,grid_electricity,1618.03,kWh,2025-01-01,2025-01-31,US-CAMX,M1,Zhang San's bill no. 77-1234
"""
NEEDLES = (
    *("314159.25", "31415925", "271.5", "coach", "diet_vegan", "1987-03-14", "19870314"),
    *("张三的车票 ZX-8842.pdf", 'seen by "Dr. Wéi" himself', "Zhang San's bill no. 77-1234"),
    *("the coach trip ZX-8842 is implausible", "looked at the coach ticket"),
    *("no ticket of 4 March 2025", "Who was with you in Fresno?", "张三的姐姐", "the ticket is in my drawer"),
    *("a ticket is no receipt", "saw the ticket to Fresno", "she went by train", "told again: she went by train"),
)
"""What only Alice's rows say, or say of her. The kilowatt hours of the home she shared are Bob's too, and stay."""


WORDED: tuple[type[Any], ...] = (ReturnRow, QuestionRow, InspectionRow, AppealRow, ReauditRow, CorrectionRow)


def encodings(needle: str) -> Iterator[bytes]:
    """UTF-8, UTF-16, JSON-escaped, as hex, and a number's digits apart from its point."""
    yield needle.encode()
    yield needle.encode("utf-16-le")
    yield json.dumps(needle)[1:-1].encode()
    yield json.dumps(needle, ensure_ascii=False)[1:-1].encode()
    yield needle.encode().hex().encode()


def found_in(*places: Path) -> set[str]:
    """The needles that some file below these places holds in some encoding."""
    files = [path for place in places for path in (place.rglob("*") if place.is_dir() else [place]) if path.is_file()]
    assert files
    data = b"\0".join(path.read_bytes() for path in files)
    return {needle for needle in NEEDLES if any(form in data for form in encodings(needle))}


@dataclass
class Life:
    """Alice's year beside Bob's, and the folders it lies in."""

    database: Database
    books: Books
    alice: Person
    bob: Person
    folder: Path
    log: Path


def lived(folder: Path) -> Life:
    """Alice enters a shared home's bill and what she travelled and ate; her statement is returned with words."""
    folder.mkdir()
    log = folder / "server.log"
    logging.getLogger().addHandler(logging.FileHandler(log, encoding="utf-8"))
    database = Database.at(folder / "tanyu.db")
    SQLModel.metadata.create_all(database.writer)
    books = books_of_all_rooms(some_books())
    with database.write() as session:
        alice = join(
            session, books, address=dev_signer(ALICE).address, region="US-CA", identity="alice",
            joined_on=date(2025, 1, 1), at=AT, born_on=date(1987, 3, 14),
        )  # fmt: skip
        bob = member(session, books, BOB)
        home = found_home(
            session, person_id=alice.person_id, region="US-CA", grid_area="US-CAMX", since_on=date(2025, 1, 1), at=AT
        )
        move_in(session, home.code, person_id=bob.person_id, since_on=date(2025, 1, 1))
        import_csv(session, books, person_id=alice.person_id, text=BILL, home=home.code, at=AT)
        import_csv(session, books, person_id=alice.person_id, text=CSV, home=None, at=AT)
        close(session, books, person_id=alice.person_id, vintage=2025, at=AT)
    with database.write() as session:
        digest = submit(session, books, person_id=alice.person_id, vintage=2025, at=AT).digest
        note(session, person_id=alice.person_id, role=Role.VERIFIER, reader=VERIFIER, what="statement 2025",
             why="looked at the coach ticket", at=AT)  # fmt: skip
        mark_returned(session, digest, reason="the coach trip ZX-8842 is implausible", at=AT)
        verified(session, alice, digest)
    return Life(database, books, alice, bob, folder, log)


def verified(session: Session, person: Person, digest: bytes) -> None:
    """One of each row that holds words about a person, or words of its own."""
    own: dict[str, Any] = {"statement_digest": digest, "verifier": VERIFIER}
    day = day_number(AT.date())
    session.add(ReturnRow(**own, reasons=json.dumps(["no ticket of 4 March 2025"]), returned_at=AT))
    question = QuestionRow(**own, words="Who was with you in Fresno?", asked_at=AT)
    session.add(question)
    session.add(
        InspectionRow(
            person_id=person.person_id, vintage=2025, nullifier=b"n" * 32, asked_at=AT, verifier=VERIFIER,
            words="saw the ticket to Fresno", decided_at=AT,
        )
    )  # fmt: skip
    appeal = AppealRow(
        statement_digest=digest, person_id=person.person_id, against="return", decision_id=1, due_at=AT, made_at=AT,
        decided_against_by=VERIFIER, words="the ticket is in my drawer",
    )  # fmt: skip
    session.add(appeal)
    session.add(DrawRow(day=day, listed="{}", list_digest=b"l" * 32, opened_at=AT, concluded_at=AT))
    session.flush()
    session.add(ReauditRow(**own, day=day, outcome="understated", reasons="she went by train", decided_at=AT))
    question.answer, appeal.reasons = "张三的姐姐", "a ticket is no receipt"
    correct(
        session, digest, kind=CorrectionKind.MEMO, amount_gco2e=5, reason="told again: she went by train",
        source="reaudit", at=AT,
    )  # fmt: skip


def export_of(life: Life, person: Person, path: Path) -> Path:
    """The file that `tanyu me export` writes."""
    with life.database.read() as session:
        path.write_bytes(b"".join(export_pieces(session, life.books, person.person_id, AT)))
    return path


@pytest.fixture(autouse=True)
def _logs_everything() -> Iterator[None]:
    """Everything that is logged at all goes to the file, as chatty as it gets."""
    root, level = logging.getLogger(), logging.getLogger().level
    root.setLevel(logging.DEBUG)
    before = list(root.handlers)
    yield
    for handler in [one for one in root.handlers if one not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def backed_up(life: Life, to: Path) -> Path:
    """Database and write-ahead log as they lie there while Tanyu runs, without the key store."""
    to.mkdir()
    for path in life.folder.glob("tanyu.db*"):
        shutil.copy2(path, to / path.name)
    assert (to / "tanyu.db-wal").stat().st_size > 0
    return to / "tanyu.db"


def test_search__sealing_does_nothing__finds_every_needle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "encrypt", lambda _key, plain, _bound: plain)
    monkeypatch.setattr(sealing, "decrypt", lambda _key, sealed, _bound: sealed)
    life = lived(tmp_path / "data")
    derived = {"31415925", "19870314"}
    assert found_in(life.folder) == set(NEEDLES) - derived
    life.database.close()


def test_search__sealed_and_not_erased__finds_it_in_the_own_export_only(tmp_path: Path) -> None:
    life = lived(tmp_path / "data")
    assert found_in(life.folder) == set()
    own = export_of(life, life.alice, tmp_path / "alice.json")
    assert found_in(own) == set(NEEDLES) - {"31415925", "19870314"}
    life.database.close()


def test_erased__database_log_exports_keys_and_backup__hold_no_plaintext(tmp_path: Path) -> None:
    life = lived(tmp_path / "data")
    backup = backed_up(life, tmp_path / "backup")
    erased(life.database, life.books, life.alice, ALICE)
    others = export_of(life, life.bob, tmp_path / "bob.json")
    assert b"1618.03" in others.read_bytes(), "what the home used is Bob's as well"
    life.log.touch()
    assert {path.suffix for path in life.folder.rglob("*") if path.is_file()} >= {".db", ".db-wal", ".db-shm", ".log",
                                                                                ".key", ".destroyed"}  # fmt: skip
    assert found_in(life.folder, others, backup.parent) == set()
    life.database.close()
    assert found_in(life.folder, backup.parent) == set()


def test_erased__backup_brought_back_with_the_key_store_of_now__cannot_be_read(tmp_path: Path) -> None:
    life = lived(tmp_path / "data")
    backup = backed_up(life, tmp_path / "backup")
    erased(life.database, life.books, life.alice, ALICE)
    life.database.close()

    restored = Database(f"sqlite:///{backup}", life.database.keys)
    with restored.read() as session:
        row = session.get_one(PersonRow, life.alice.person_id)
        assert row.erased_at is None, "the backup knows nothing of the erasure"
        own = session.exec(select(ActivityRow).where(col(ActivityRow.premises_id).is_(None))).all()
        statement = session.exec(select(StatementRow)).one()
        access = session.exec(select(AccessRow)).one()
        worded: list[Any] = [session.exec(select(one)).one() for one in WORDED]
        assert len(own) == 2
        for read in (
            lambda: row.born_on,
            lambda: own[0].kind,
            lambda: own[1].evidence,
            lambda: statement.document,
            lambda: statement.reason,
            lambda: access.why,
            lambda: statement_of(session, life.alice.person_id, 2025),
            lambda: b"".join(export_pieces(session, life.books, life.alice.person_id, AT)),
        ):
            with pytest.raises(KeyDestroyed):
                read()
        for one in worded:
            with pytest.raises(KeyDestroyed):
                exported(one)
    assert finish_erasures(restored, life.books, AT) == [life.alice.person_id]
    with restored.read() as session:
        assert [one.address for one in persons(session)] == [life.bob.address]
        gone: tuple[type[Any], ...] = (AccessRow, ReturnRow, QuestionRow, InspectionRow, AppealRow)
        assert [session.exec(select(emptied)).all() for emptied in gone] == [[]] * len(gone)
        assert session.exec(select(ReauditRow)).one().outcome == "understated"
        assert session.exec(select(CorrectionRow)).one().reason == ""
    assert found_in(backup.parent) == set()
    restored.close()


def test_erased__key_of_before_brought_back_too__would_read_it_again(tmp_path: Path) -> None:
    """Why backups of the key store are kept apart and for a short time only: the marker does not go with them."""
    life = lived(tmp_path / "data")
    backup = backed_up(life, tmp_path / "backup")
    shutil.copytree(life.folder / "keys", backup.parent / "keys")
    erased(life.database, life.books, life.alice, ALICE)
    restored = Database.at(backup)
    with restored.read() as session:
        own = session.exec(select(ActivityRow).where(col(ActivityRow.premises_id).is_(None))).all()
        assert {row.kind for row in own} == {"coach", "diet_vegan"}
    for database in (restored, life.database):
        database.close()
