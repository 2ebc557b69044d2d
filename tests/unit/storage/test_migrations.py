"""The migrations make the very tables the code declares."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel, select

import backend.cli  # noqa: F401 - imports every room's tables
from backend.ledger.tables import ActivityRow, OdometerRow, PersonRow, StatementRow
from backend.storage.database import Database
from backend.storage.keys import KeyDestroyed
from backend.storage.migrate import SchemaNewer, alembic_config, current_revision, head_revision, migrate
from tests.postgres import IS_POSTGRESQL, fresh_database


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """A database without a table, of the kind that this run is on."""
    with fresh_database(tmp_path, with_tables=False) as opened:
        yield opened


def test_migrate__empty_database__has_the_declared_tables(empty: Database) -> None:
    database = empty
    assert migrate(database)
    with database.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, SQLModel.metadata) == []
    assert not migrate(database), "a second time there is nothing to do"
    assert current_revision(database) == head_revision()


def test_migrate__down_to_nothing_and_up_again__has_the_declared_tables(empty: Database) -> None:
    migrate(empty)
    at_revision(empty, "base", up=False)
    with empty.reader.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    assert migrate(empty)
    with empty.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, SQLModel.metadata) == []


@pytest.mark.skipif(IS_POSTGRESQL, reason="its rows have no numbers of their own")
def test_migrate__rows_of_every_order__are_kept_under_their_numbers_alone(empty: Database) -> None:
    at_revision(empty, "0032")
    columns = "sequence, time, kind, payload, previous_hash, hash"
    line = f"INSERT INTO market_journal ({columns}) VALUES (7, 't', 'k', '{{}}', x'00', x'01')"
    with empty.writer.begin() as connection:
        connection.exec_driver_sql(line)

    migrate(empty)

    numbered = ("market_journal", "market_order", "market_trade")
    with empty.reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT rowid, sequence FROM market_journal").all() == [(7, 7)]
        made = connection.exec_driver_sql(
            "SELECT tbl_name, name FROM sqlite_master WHERE name LIKE 'sqlite_autoindex%'"
        ).all()
        assert {name for table, name in made if table in numbered} == {"sqlite_autoindex_market_order_1"}  # by hash
    at_revision(empty, "0032", up=False)
    with empty.reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT sequence FROM market_journal").all() == [(7,)]


def test_migrate__two_processes_at_once__is_done_by_one(empty: Database) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(migrate, (empty, empty)))
    assert True in done
    assert current_revision(empty) == head_revision()


def test_migrate__database_of_a_later_version__is_refused_and_left_alone(empty: Database) -> None:
    migrate(empty)
    with empty.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaNewer) as refused:
        migrate(empty)
    assert refused.value.fields == {"found": "9999", "expected": head_revision()}


def at_revision(database: Database, revision: str, *, up: bool = True) -> None:
    """Brings a database to one version, up or down."""
    with database.writer.begin() as connection:
        config = alembic_config(connection)
        config.attributes["keys"] = database.keys
        (command.upgrade if up else command.downgrade)(config, revision)


CLEAR_ROWS = """
INSERT INTO ledger_person (id, address, region, commitment, joined_on, born_on, registered_at)
VALUES (1, '0xA', 'US-CA', {c}, '2025-01-01', '1987-03-14', '{t}');
INSERT INTO ledger_premises (id, code, region, grid_area, registered_at) VALUES (1, 'home', 'US-CA', 'US-CAMX', '{t}');
INSERT INTO ledger_vehicle (id, code, plate_hash, kind, place, registered_at)
VALUES (1, 'car', {c}, 'car_petrol', 'US-CA', '{t}');
INSERT INTO ledger_activity (id, person_id, premises_id, vehicle_id, meter_hash, point_hash, source, category, kind,
  quantity, unit, given, start_at, end_at, place, grade, evidence, entered_at)
VALUES (1, 1, 1, NULL, {c}, NULL, 'csv', 'electricity', 'grid_electricity', '4711.25', 'kWh', '4.71125 MWh', '{t}',
  '{u}', 'US-CAMX', 'S', 'bill of Zhang San', '{t}'),
  (2, 1, NULL, 1, NULL, NULL, 'odometer', 'travel', 'car_petrol', '31337', 'km', '1 km to 31338 km', '{t}', '{u}',
  'US-CA', 'S', '', '{t}'),
  (3, 1, NULL, NULL, NULL, NULL, 'gpx', 'travel', 'coach', '271.828', 'passenger_km', '271.828 km', '{t}', '{u}',
  'US-CA', 'S', '', '{t}');
INSERT INTO ledger_odometer (id, vehicle_id, person_id, read_on, km, activity_id, charged_premises_id, charged_kwh,
  entered_at) VALUES (1, 1, 1, '2025-02-01', 31338, 2, 1, '17.5', '{t}');
INSERT INTO ledger_statement (id, person_id, vintage, version, current, state, region, methodology, class_id, policy_id,
  policy_digest, factors_digest, nullifier, digest, document, budget_gco2e, footprint_gco2e, bound_gco2e,
  surplus_gco2e, carried_in_gco2e, netted_gco2e, credit_gco2e, carried_out_gco2e, deficit_gco2e, closed_at, reason)
VALUES (1, 1, 2025, 1, {true}, 'returned', 'US-CA', 'SIM', '1', 'policy', {c}, {c}, {c}, {c}, '{{"a life": 1}}',
  5, 161803, 4, 3, 0, 0, 0, 0, 0, '{t}', 'the flight is implausible');
"""
NEEDLES = [
    text.encode()
    for text in ("1987-03-14", "4711.25", "4.71125", "Zhang San", "31338", "271.828", "a life", "implausible", "coach")
]


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def sealed_from_0012(database: Database) -> None:
    """A database of before anything was sealed, with one row of each kind, brought to this version."""
    at_revision(database, "0012")
    own = {"c": f"'\\x{'cc' * 32}'", "true": "true"} if IS_POSTGRESQL else {"c": f"x'{'cc' * 32}'", "true": "1"}
    rows = CLEAR_ROWS.format(**own, t="2025-01-01T00:00:00.000000Z", u="2025-02-01T00:00:00.000000Z")
    with database.writer.begin() as connection:
        for statement in filter(str.strip, rows.split(";\n")):
            connection.exec_driver_sql(statement)
    assert migrate(database)


def test_migrate__rows_in_clear__are_sealed_where_they_are_and_left_nowhere(empty: Database, tmp_path: Path) -> None:
    database = empty
    sealed_from_0012(database)
    found = bytes_of(tmp_path)
    assert [needle for needle in NEEDLES if needle in found] == []
    with database.read() as session:
        assert str(session.get_one(PersonRow, 1).born_on) == "1987-03-14"
        bill, drive, trip = session.exec(select(ActivityRow).order_by("id")).all()
        assert (bill.kind, bill.quantity, bill.unit) == ("grid_electricity", "4711.25", "kWh")
        assert (bill.given, bill.place, bill.evidence) == ("4.71125 MWh", "US-CAMX", "bill of Zhang San")
        assert (drive.quantity, trip.quantity, trip.kind, trip.evidence) == ("31337", "271.828", "coach", "")
        reading = session.get_one(OdometerRow, 1)
        assert (reading.km, reading.charged_kwh) == (31338, "17.5")
        statement = session.get_one(StatementRow, 1)
        assert (statement.document, statement.reason) == ('{"a life": 1}', "the flight is implausible")
        assert (statement.footprint_gco2e, statement.bound_gco2e, statement.surplus_gco2e) == (161803, 4, 3)


def test_migrate__before_it_seals__the_same_search_finds_everything(empty: Database, tmp_path: Path) -> None:
    database = empty
    sealed_from_0012(database)
    at_revision(database, "0012", up=False)
    with database.reader.connect() as connection:
        assert str(connection.execute(text("SELECT born_on FROM ledger_person")).scalar_one()) == "1987-03-14"
        assert connection.execute(text("SELECT km FROM ledger_odometer")).scalar_one() == 31338
    if not IS_POSTGRESQL:
        found = bytes_of(tmp_path)
        assert [needle for needle in NEEDLES if needle not in found and needle != b"31338"] == []


def test_migrate__twice_over_a_destroyed_key__is_refused(empty: Database) -> None:
    database = empty
    sealed_from_0012(database)
    assert database.keys is not None
    for path in database.keys.folder.glob("??/*.key"):
        database.keys.destroy(bytes.fromhex(path.stem))
    with pytest.raises(KeyDestroyed):
        at_revision(database, "0012", up=False)
