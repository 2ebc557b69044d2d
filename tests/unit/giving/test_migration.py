"""A database from before: what the projection keeps now is filled in from the events already indexed."""

import json
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import text

from backend.giving.charity import charity_at
from backend.giving.refund import refund_wallet_of
from backend.giving.tables import PledgeDraw
from backend.kernel.digest import to_hex
from backend.link.tables import IndexedBlock, IndexedEvent
from backend.storage.database import Database
from backend.storage.migrate import alembic_config, migrate
from tests.postgres import fresh_database
from tests.unit.giving.chain import ALICE, BOB, POOL, START

BEFORE = "0022"


def add_event(database: Database, number: int, name: str, /, **args: Any) -> None:
    with database.write() as session:
        session.add(
            IndexedBlock(number=number, hash=b"%032d" % number, parent_hash=b"%032d" % (number - 1), time=START)
        )
        session.flush()
        session.add(
            IndexedEvent(
                block_number=number,
                log_index=3,
                block_hash=b"%032d" % number,
                tx_hash=b"t%031d" % number,
                contract="Charity",
                name=name,
                args=json.dumps(args),
                topics=b"",
                data=b"",
            )
        )


def test_migration__of_a_database_with_events__fills_what_they_say(tmp_path: Path) -> None:
    with fresh_database(tmp_path, with_tables=False) as database:
        with database.writer.begin() as connection:
            config = alembic_config(connection)
            config.attributes["keys"] = database.keys
            command.upgrade(config, BEFORE)
        add_event(database, 1, "CharityListed", charity=POOL, listed=True, secondSigner=BOB)
        add_event(database, 2, "PledgeDrawn", donor=ALICE, number="7", structHash=to_hex(b"h" * 32), amount="500")
        add_event(database, 3, "RefundDirected", donor=ALICE, to=BOB)
        with database.writer.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO giving_charity_listing (charity, block_number, log_index, listed)"
                    " VALUES (:charity, 1, 3, true)"
                ),
                {"charity": POOL},
            )

        migrate(database)

        with database.read() as session:
            [word] = charity_at(session, POOL).history
            assert (word.listed, word.second_signer, word.at, word.tx_hash) == (True, BOB, START, b"t%031d" % 1)
            drawn = session.get_one(PledgeDraw, (2, 3))
            assert (drawn.donor, drawn.number, drawn.struct_hash, drawn.amount_gco2e) == (ALICE, 7, b"h" * 32, 500)
            assert refund_wallet_of(session, ALICE) == BOB
