"""What giving has of a person: in the export, and in the way of its erasure while it is under way."""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import select

from backend.giving.board_name import join_boards
from backend.giving.personal import (
    board_names_of,
    forget_wishes,
    gifts_of,
    names_of,
    pledges_of,
    relays_in_the_way,
    relays_of,
    retirements_of,
)
from backend.giving.tables import BoardName, DonorName, Movement, PledgeRow, Relay, Retirement
from backend.kernel.digest import canonical_json
from backend.ledger.person import person_at
from backend.link.tables import Intent, IntentState
from backend.storage.database import Database
from tests.unit.giving.chain import ALICE, BOB, a_deficit

AT = datetime(2026, 1, 15, tzinfo=UTC)


def test_retirements_and_gifts__of_a_person__are_in_its_export_and_nobody_elses(database: Database) -> None:
    event: dict[str, Any] = {
        "block_number": 1,
        "tx_hash": b"t" * 32,
        "at": AT,
        "class_id": 2**130,
        "amount_gco2e": 5_000,
    }
    with database.write() as session:
        session.add(Retirement(log_index=0, account=BOB, beneficiary=ALICE, purpose="self", ref=b"r" * 32, **event))
        session.add(Movement(log_index=1, kind="donated", campaign_id=3, donor=ALICE, **event))
    with database.read() as session:
        found = [*retirements_of(session, 0, [ALICE]), *gifts_of(session, 0, [ALICE])]
        assert [*gifts_of(session, 0, [BOB])] == []
        assert len([*retirements_of(session, 0, [BOB])]) == 1
    for one in found:
        assert isinstance(one, dict)
        assert (one["amountGco2e"], one["classId"]) == ("5000", str(2**130))
    assert canonical_json(found)


def test_signed_act__on_its_way__is_in_the_way_until_it_is_mined(database: Database) -> None:
    with database.write() as session:
        intent = Intent(
            kind="retire", reference="1", contract="CarbonCredit", data=b"", created_at=AT, state=IntentState.NEW
        )
        session.add(intent)
        session.flush()
        session.add(Relay(intent_id=intent.id, kind="retire", account=ALICE, number=1, created_at=AT))
        session.flush()
        assert relays_in_the_way(session, 0, [ALICE], AT) == [
            "1 of your signed acts are on their way to the chain: wait for them"
        ]
        assert relays_in_the_way(session, 0, [BOB], AT) == []
        assert len([*relays_of(session, 0, [ALICE])]) == 1
        intent.state = IntentState.MINED
        session.add(intent)
        session.flush()
        assert relays_in_the_way(session, 0, [ALICE], AT) == []


def test_erasure__takes_names_and_pledges_and_nobody_elses(database: Database) -> None:
    with database.write() as session:
        a_deficit(session, 1, ALICE)
        person_id = person_at(session, ALICE).person_id
        for at, donor in enumerate((ALICE, BOB)):
            session.add(DonorName(campaign_id=1, donor=donor, name="Li", named_at=AT))
            join_boards(session, donor, f"Li {at}", AT)
            session.add(a_pledge(donor, b"%032d" % at))
    with database.read() as session:
        assert len([*names_of(session, person_id, [ALICE])]) == 1
        [listed] = board_names_of(session, person_id, [ALICE])
        assert isinstance(listed, dict)
        assert listed["name"] == "Li 0"
        [pledge] = pledges_of(session, person_id, [ALICE])
        assert isinstance(pledge, dict)
        assert (pledge["maxAmountGco2e"], pledge["shareBps"]) == ("9", 1_000)

    for _ in range(2):
        with database.write() as session:
            forget_wishes(session, person_id, AT)

    with database.read() as session:
        assert [row.donor for row in session.exec(select(DonorName)).all()] == [BOB]
        assert [row.account for row in session.exec(select(BoardName)).all()] == [BOB]
        assert [row.donor for row in session.exec(select(PledgeRow)).all()] == [BOB]


def a_pledge(donor: str, struct_hash: bytes) -> PledgeRow:
    return PledgeRow(
        struct_hash=struct_hash,
        donor=donor,
        campaign_id=1,
        class_id=2**130,
        share_bps=1_000,
        max_amount_gco2e=9,
        starts_at=AT,
        expires_at=AT,
        number=1,
        signature=b"s" * 65,
        kept_at=AT,
    )
