"""What settling costs at the book now, over every class that fits, and what of one's own would do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from backend.chain.class_id import pack
from backend.giving.aid import AidRule
from backend.giving.aid_tables import AidRound
from backend.giving.aid_way import aid_way
from backend.giving.kinds import CampaignKind, CampaignState, Funding
from backend.giving.owing import cost_now, fitting, own_credits
from backend.giving.retirement import require_owed
from backend.giving.tables import Campaign, CharityListing
from backend.ledger.debt import DeficitCreditUnfit, OpenDeficit
from backend.ledger.deficit import deficit_at
from backend.link.tables import CreditBalance
from backend.market.listing import list_class
from backend.market.order import Side
from backend.market.rules import ClassRules
from backend.market.tables import OrderRow, OrderState
from backend.storage.database import Database
from tests.unit.giving.chain import AID, ALICE, BOB, a_deficit

NOW = datetime(2026, 1, 15, tzinfo=UTC)
OLDER, OWN, NEWER = (pack("US-CA", vintage, "SIM") for vintage in (2024, 2025, 2026))
ELSEWHERE = pack("CN-SC", 2025, "SIM")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Four classes with a market; Bob owes 3.5 kg of 2025."""
    with database.write() as opened:
        for class_id in (OLDER, OWN, NEWER, ELSEWHERE):
            list_class(opened, ClassRules(class_id, tick=100), NOW)
        yield opened


def offered(
    session: Session, class_id: int, lots: int, price: int, *, maker: str = ALICE, state: str = OrderState.OPEN
) -> None:
    number = price  # each offer here has a price of its own
    session.add(
        OrderRow(
            id=number,
            order_hash=number.to_bytes(32),
            maker=maker,
            beneficiary=maker,
            class_id=class_id,
            side=Side.SELL,
            lots=lots,
            price_per_kg=price,
            max_fee_bps=0,
            expiry=4_000_000_000,
            number=number,
            epoch=0,
            action="hold",
            ref=bytes(32),
            signature=bytes(65),
            time_in_force="gtc",
            post_only=False,
            self_trade="cancel-newest",
            is_market=False,
            owner=maker,
            state=state,
            lots_open=lots if state == OrderState.OPEN else 0,
            lots_matched=0,
            accepted_at=NOW,
            changed_at=NOW,
            changed_sequence=number,
        )
    )
    session.flush()


def test_cost__takes_the_cheapest_of_every_class_that_fits_and_no_other(session: Session) -> None:
    deficit = deficit_at(session, a_deficit(session, 3_500, BOB))
    offered(session, OWN, 2, 700)
    offered(session, OLDER, 1, 600)
    offered(session, OWN, 5, 900)
    offered(session, NEWER, 9, 100)
    offered(session, ELSEWHERE, 9, 101)
    offered(session, OWN, 9, 200, maker=BOB)
    offered(session, OWN, 9, 300, state=OrderState.CANCELLED)

    found = cost_now(session, deficit, BOB, fee_bps=50)

    assert (found.lots_wanted, found.lots, found.cost) == (4, 4, 600 + 2 * 700 + 900)
    assert [(one.class_id, one.lots, one.worst_per_kg, one.cost) for one in found.offers] == [
        (OLDER, 1, 600, 600),
        (OWN, 3, 900, 2_300),
    ]
    assert found.fee == 600 * 50 // 10_000 + 2_300 * 50 // 10_000


def test_cost__of_more_than_is_offered__says_how_much_there_is(session: Session) -> None:
    deficit = deficit_at(session, a_deficit(session, 3_500, BOB))
    offered(session, OWN, 1, 700)

    found = cost_now(session, deficit, BOB, fee_bps=0)

    assert (found.lots_wanted, found.lots, found.cost, found.fee) == (4, 1, 700, 0)


def test_own_credits__that_fit__stand_with_the_oldest_vintage_first(session: Session) -> None:
    deficit = deficit_at(session, a_deficit(session, 3_500, BOB))
    for class_id, held in ((OWN, 10), (OLDER, 20), (NEWER, 30), (ELSEWHERE, 40)):
        session.add(CreditBalance(account=BOB, class_id=class_id, held_gco2e=held))
    session.flush()

    assert list(own_credits(session, deficit, BOB).items()) == [(OLDER, 20), (OWN, 10)]
    assert fitting(deficit, [NEWER, ELSEWHERE]) == []


class TestListedRegion:
    """A deficit whose policy lists Sichuan beside its own California."""

    @pytest.fixture
    def deficit(self, session: Session) -> OpenDeficit:
        return deficit_at(session, a_deficit(session, 3_500, BOB, settle_regions="CN-SC"))

    def test_cost_and_own_credits__count_credits_of_it(self, session: Session, deficit: OpenDeficit) -> None:
        offered(session, OWN, 2, 700)
        offered(session, ELSEWHERE, 9, 101)
        offered(session, pack("CN-SC", 2026, "SIM"), 9, 102)
        session.add(CreditBalance(account=BOB, class_id=ELSEWHERE, held_gco2e=40))
        session.flush()

        found = cost_now(session, deficit, BOB, fee_bps=0)

        assert [(one.class_id, one.lots) for one in found.offers] == [(ELSEWHERE, 4)]
        assert own_credits(session, deficit, BOB) == {ELSEWHERE: 40}
        assert fitting(deficit, [NEWER, ELSEWHERE, pack("CN-HE", 2025, "SIM")]) == [ELSEWHERE]

    def test_retirement__under_it_is_taken_and_of_a_third_region_refused_with_what_would_do(
        self, session: Session, deficit: OpenDeficit
    ) -> None:
        require_owed(session, deficit.reference, ELSEWHERE, 3_500)
        with pytest.raises(DeficitCreditUnfit) as refused:
            require_owed(session, deficit.reference, pack("CN-HE", 2025, "SIM"), 3_500)

        assert refused.value.fields["regions_needed"] == ["US-CA", "CN-SC"]

    def test_aid__of_it_is_a_way_and_of_a_third_region_is_not(self, session: Session) -> None:
        reference = a_deficit(session, 3_500, ALICE, essential_gco2e=2_000, settle_regions="CN-SC")
        session.add(
            CharityListing(
                charity=AID, block_number=1, log_index=1, listed=True, second_signer=BOB, at=NOW, tx_hash=bytes(32)
            )
        )
        session.add(an_aid_campaign())
        for class_id in (ELSEWHERE, pack("CN-HE", 2025, "SIM")):
            session.add(a_round(class_id))
        session.flush()

        way = aid_way(session, deficit_at(session, reference), NOW)

        assert [(one.round.class_id, one.most_gco2e) for one in way.chances] == [(ELSEWHERE, 2_000)]


def an_aid_campaign() -> Campaign:
    return Campaign(
        campaign_id=1,
        charity=AID,
        kind=CampaignKind.AID,
        funding=Funding.KEEP_WHAT_YOU_RAISE,
        state=CampaignState.OPEN,
        opens_at=NOW,
        closes_at=NOW + timedelta(days=30),
        closes_at_opening=NOW + timedelta(days=30),
        target_gco2e=1,
        story_digest=bytes(32),
        opened_at=NOW,
        tx_hash=bytes(32),
    )


def a_round(class_id: int) -> AidRound:
    return AidRound(
        campaign_id=1,
        class_id=class_id,
        rule=AidRule.EQUAL,
        pot_gco2e=9_000,
        cap_gco2e=3_000,
        step_gco2e=500,
        least_people=3,
        opens_at=NOW,
        closes_at=NOW + timedelta(days=1),
        opened_at=NOW,
    )
