"""Campaigns, movements and retirements follow the chain's events, forwards and back."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from backend.giving.campaign import campaign_view, donated_by_class, movements_of
from backend.giving.charity import is_listed
from backend.giving.kinds import CampaignState, MovementKind
from backend.giving.tables import Movement, Retirement
from backend.kernel.digest import sha256
from backend.ledger.deficit import deficit_at
from backend.ledger.state import State
from backend.ledger.tables import StatementStateRow
from backend.storage.database import Database
from tests.unit.giving.chain import ALICE, BOB, CLASS_ID, OTHER_CLASS_ID, POOL, START, ToyChain, a_deficit, rows_of


@pytest.fixture
def chain(database: Database) -> ToyChain:
    return ToyChain(database)


def outstanding(database: Database, reference: bytes) -> tuple[int, str]:
    """What is left of a deficit, and the state of its statement."""
    with database.read() as session:
        return deficit_at(session, reference).outstanding_gco2e, session.exec(select(StatementStateRow.state)).one()


def test_campaign__gifts_of_two_classes_and_a_retirement__add_up_per_class_and_in_all(
    chain: ToyChain, database: Database
) -> None:
    chain.opened()
    chain.donated(700)
    chain.donated(300, donor=BOB)
    chain.donated(50, class_id=OTHER_CLASS_ID)
    chain.campaign_retired(400)

    with database.read() as session:
        view = campaign_view(session, 1)
        gifts = movements_of(session, 1, MovementKind.GIFT)
        assert donated_by_class(session) == {CLASS_ID: 1000, OTHER_CLASS_ID: 50}
    assert {class_id: holding.held_gco2e for class_id, holding in view.holdings.items()} == {
        CLASS_ID: 600,
        OTHER_CLASS_ID: 50,
    }
    assert (view.total.donated_gco2e, view.total.retired_gco2e, view.total.held_gco2e) == (1050, 400, 650)
    assert [(gift.donor, gift.amount_gco2e) for gift in gifts] == [(ALICE, 50), (BOB, 300), (ALICE, 700)]


def test_campaign__finalised__takes_its_state_and_gives_it_back_on_undo(chain: ToyChain, database: Database) -> None:
    chain.opened(funding=1)
    chain.apply("Charity", "CampaignFinalised", campaignId=1, state=3)
    with database.read() as session:
        assert campaign_view(session, 1).campaign.state == CampaignState.FAILED

    chain.undo_last()

    with database.read() as session:
        assert campaign_view(session, 1).campaign.state == CampaignState.OPEN


def test_campaign__closed_early__ends_then_and_reopens_on_undo(chain: ToyChain, database: Database) -> None:
    def window() -> tuple[datetime, datetime]:
        with database.read() as session:
            campaign = campaign_view(session, 1).campaign
            return campaign.closes_at, campaign.closes_at_opening

    chain.opened()
    closes = START + timedelta(seconds=86_400)
    assert window() == (closes, closes)
    chain.apply("Charity", "CampaignClosedEarly", campaignId=1, closes=int(START.timestamp()) + 60)
    assert window() == (START + timedelta(seconds=60), closes)

    chain.undo_last()

    assert window() == (closes, closes)


def test_refund__of_nothing__is_told_and_changes_no_holding(chain: ToyChain, database: Database) -> None:
    chain.opened()
    chain.donated(1)
    before = rows_of(database)["giving_campaign_holding"]
    chain.refunded(0)

    with database.read() as session:
        assert [row.amount_gco2e for row in movements_of(session, 1, MovementKind.REFUND)] == [0]
    assert rows_of(database)["giving_campaign_holding"] == before


def test_charity__listed_and_delisted__the_latest_event_holds(chain: ToyChain, database: Database) -> None:
    def listed() -> bool:
        with database.read() as session:
            return is_listed(session, POOL)

    assert not listed()
    chain.apply("Charity", "CharityListed", charity=POOL, listed=True, secondSigner=BOB)
    assert listed()
    chain.apply("Charity", "CharityListed", charity=POOL, listed=False, secondSigner="0x" + "0" * 40)
    assert not listed()
    chain.undo_last()
    assert listed()


class TestDeficit:
    @pytest.fixture
    def reference(self, database: Database) -> bytes:
        with database.write() as session:
            return a_deficit(session, 1000)

    def test_grant__part_of_a_deficit__settles_it_in_part_and_counts_once(
        self, chain: ToyChain, database: Database, reference: bytes
    ) -> None:
        chain.opened(kind=1)
        chain.donated(2000)
        chain.granted(400, reference)

        assert outstanding(database, reference) == (600, State.PARTLY_SETTLED)
        with database.read() as session:
            grant = session.exec(select(Movement).where(Movement.kind == MovementKind.GRANT)).one()
            retirement = session.exec(select(Retirement)).one()
        assert (grant.counted_gco2e, retirement.counted_gco2e) == (400, 0)

    def test_retirement_under_its_reference__settles_the_rest(
        self, chain: ToyChain, database: Database, reference: bytes
    ) -> None:
        chain.retired(1000, purpose="deficit", ref=reference)

        assert outstanding(database, reference) == (0, State.SETTLED)

    @pytest.mark.parametrize(
        ("purpose", "settles"),
        [
            ("deficit", True),
            ("retire", True),
            ("self", False),
            ("another", False),
            ("event", False),
            ("charity", False),
        ],
    )
    def test_retirement_for_something_else__settles_nothing_though_it_names_a_deficit(
        self, chain: ToyChain, database: Database, reference: bytes, purpose: str, settles: bool
    ) -> None:
        """A retirement serves one thing: on a chain anybody may write any word beside any reference."""
        chain.retired(400, purpose=purpose, ref=reference)

        assert outstanding(database, reference)[0] == (600 if settles else 1000)

    def test_more_than_outstanding__counts_what_was_outstanding(
        self, chain: ToyChain, database: Database, reference: bytes
    ) -> None:
        chain.retired(900, purpose="deficit", ref=reference)
        chain.retired(900, purpose="deficit", ref=reference)

        with database.read() as session:
            counted = session.exec(select(Retirement.counted_gco2e).order_by("block_number")).all()
        assert list(counted) == [900, 100]
        assert outstanding(database, reference) == (0, State.SETTLED)

    def test_credit_of_another_region__counts_nothing(
        self, chain: ToyChain, database: Database, reference: bytes
    ) -> None:
        chain.retired(1000, purpose="deficit", ref=reference, class_id=OTHER_CLASS_ID)

        assert outstanding(database, reference) == (1000, State.DEFICIT)

    def test_unknown_reference__is_a_retirement_and_settles_nothing(
        self, chain: ToyChain, database: Database, reference: bytes
    ) -> None:
        chain.retired(1000, purpose="deficit", ref=sha256(b"somebody else's"))

        assert outstanding(database, reference) == (1000, State.DEFICIT)

    def test_reorganised_away__the_deficit_is_open_again(
        self, chain: ToyChain, database: Database, reference: bytes
    ) -> None:
        chain.opened(kind=1)
        chain.donated(2000)
        before = rows_of(database)
        chain.granted(1000, reference)
        assert outstanding(database, reference) == (0, State.SETTLED)

        chain.undo_last()
        chain.undo_last()

        assert rows_of(database) == before
        assert outstanding(database, reference) == (1000, State.DEFICIT)

    def test_replayed_from_the_start__the_same_rows_come_back(
        self, chain: ToyChain, database: Database, reference: bytes
    ) -> None:
        chain.opened(kind=1)
        chain.donated(2000)
        chain.granted(700, reference)
        chain.retired(200, purpose="deficit", ref=reference)
        before = rows_of(database)

        chain.replay()

        assert rows_of(database) == before
        assert outstanding(database, reference) == (100, State.PARTLY_SETTLED)


def test_events_of_no_concern__change_nothing(chain: ToyChain, database: Database) -> None:
    before = rows_of(database)

    chain.apply("CarbonCredit", "NumberUsed", account=ALICE, number=1)
    chain.apply("Charity", "GrantSkipped", campaignId=1, index=0, reason=b"\x00" * 4)
    chain.apply("Exchange", "Filled", anything=1)
    chain.undo_last()

    assert rows_of(database) == before


def test_receipt__is_noted_at_the_retirement_before_it_and_forgotten_on_undo(
    chain: ToyChain, database: Database
) -> None:
    def tokens() -> list[int | None]:
        with database.read() as session:
            return [
                row.receipt_token for row in session.exec(select(Retirement).order_by(col(Retirement.block_number)))
            ]

    nobody, token = "0x" + "0" * 40, CLASS_ID << 64 | 1
    chain.retired(100)
    chain.retired(200)
    before = rows_of(database)
    chain.apply_next("RetirementReceipts", "Transfer", **{"from": nobody, "to": ALICE, "tokenId": token})
    chain.apply_next("RetirementReceipts", "Locked", tokenId=token)
    assert tokens() == [None, token]

    after = rows_of(database)
    chain.replay()
    assert rows_of(database) == after
    chain.undo_last()
    chain.undo_last()
    assert rows_of(database) == before
    assert tokens() == [None, None]
