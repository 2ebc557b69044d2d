"""Netting and carrying over vintages, and deficits settled by the chain, both ways."""

import pytest
from sqlmodel import Session

from backend.kernel.mass import share_ceil
from backend.ledger.books import Books
from backend.ledger.closing import submit
from backend.ledger.debt import DeficitCreditUnfit, OpenDeficit, deficit_reference
from backend.ledger.deficit import (
    DeficitUnknown,
    SettlementAmountInvalid,
    all_open_deficits,
    deficit_at,
    open_deficits,
    settle_deficit,
    unsettle_deficit,
)
from backend.ledger.document import verify
from backend.ledger.netting import largest_mint, plan_of
from backend.ledger.policy import parse_policy
from backend.ledger.service import (
    Statement,
    mark_returned,
    statement_at,
)
from backend.ledger.state import State
from backend.storage.database import Database
from tests.unit.ledger.anchoring import mark_anchored, unmark_anchored
from tests.unit.ledger.britons import a_briton, attested, british, closed, used
from tests.unit.ledger.people import AT, some_books
from tests.unit.ledger.test_policy import LISTED, TEXT
from tests.unit.ledger.years import californian, every_month, power


class TestNetting:
    """Vintage 2024 owes; vintage 2025 pays before it mints."""

    BOOKS = (british(2024), british(2025))

    def test_surplus__pays_what_an_earlier_vintage_owes_before_it_mints(self, database: Database) -> None:
        books = some_books(*self.BOOKS)
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="600")  # 124.2 kg of 100
            used(session, books, person, home, vintage=2025, kwh="200")
            owing = attested(session, books, person, 2024)
            mark_anchored(session, owing.digest)
            paying = attested(session, books, person, 2025)

            assert owing.deficit_gco2e > 0
            assert paying.netted_gco2e == owing.deficit_gco2e
            assert paying.credit_gco2e == largest_mint(paying.surplus_gco2e - owing.deficit_gco2e, 10_000, 0)
            assert open_deficits(session, person.person_id) == []
            assert statement_at(session, owing.digest).state is State.SETTLED

    def test_small_surplus__pays_a_part_and_mints_nothing(self, database: Database) -> None:
        books = some_books(*self.BOOKS)
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="1000")
            used(session, books, person, home, vintage=2025, kwh="350")
            owing = attested(session, books, person, 2024)
            paying = attested(session, books, person, 2025)
            (left,) = open_deficits(session, person.person_id)

            assert paying.netted_gco2e == paying.surplus_gco2e > 0
            assert paying.credit_gco2e == 0
            assert left.outstanding_gco2e == owing.deficit_gco2e - paying.surplus_gco2e

    def test_returned_statement__frees_what_it_would_have_paid(self, database: Database) -> None:
        books = some_books(*self.BOOKS)
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="600")
            used(session, books, person, home, vintage=2025, kwh="200")
            owing = attested(session, books, person, 2024)
            closed(session, books, person, 2025)
            planned = open_deficits(session, person.person_id)
            submitted = submit(session, books, person_id=person.person_id, vintage=2025, at=AT)
            mark_returned(session, submitted.digest, reason="look again", at=AT)

            assert planned == []
            assert [one.outstanding_gco2e for one in open_deficits(session, person.person_id)] == [owing.deficit_gco2e]

    def test_closing_anew__nets_the_same_again_and_not_twice(self, database: Database) -> None:
        books = some_books(*self.BOOKS)
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="600")
            used(session, books, person, home, vintage=2025, kwh="200")
            attested(session, books, person, 2024)

            netted = [closed(session, books, person, 2025).netted_gco2e for _ in range(3)]

            assert netted[0] == netted[1] == netted[2] > 0

    def test_rest_below_the_step__is_carried_into_the_next_vintage(self, database: Database) -> None:
        books = some_books(*self.BOOKS)
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="200")
            used(session, books, person, home, vintage=2025, kwh="200")
            first, second = attested(session, books, person, 2024), attested(session, books, person, 2025)

            carried = first.surplus_gco2e - first.credit_gco2e
            assert 0 < carried < 10_000
            assert first.credit_gco2e % 10_000 == 0
            assert verify(second.document).values["carriedInGco2e"] == str(carried)
            assert second.credit_gco2e == (second.surplus_gco2e + carried) // 10_000 * 10_000

    @pytest.mark.parametrize(("vintage", "netted"), [(2024, 5_000), (2025, 0), (2026, 0)])
    def test_debt_of_the_same_or_a_later_vintage__is_not_netted(self, vintage: int, netted: int) -> None:
        year = californian(power(every_month("100")))
        debt = OpenDeficit(1, 1, 1, "US-CA", vintage, b"r" * 32, 5_000, 5_000)

        plan = plan_of(year, carried_in_gco2e=0, deficits=[debt])

        assert plan.netted_gco2e == netted
        assert [part for _, part in plan.nettings] == [netted] * bool(netted)

    @pytest.mark.parametrize("available", [0, 9_999, 10_000, 10_499, 10_500, 20_999, 21_000, 123_456])
    def test_mint_and_its_buffer_share__fit_together(self, available: int) -> None:
        credit = largest_mint(available, 10_000, 500)

        assert credit % 10_000 == 0
        assert credit + share_ceil(credit, 500) <= available
        assert credit + 10_000 + share_ceil(credit + 10_000, 500) > available


class TestDeficits:
    def a_debt(self, session: Session, books: Books) -> Statement:
        person, home = a_briton(session, books)
        used(session, books, person, home, vintage=2025, kwh="1000")
        statement = attested(session, books, person, 2025)
        return mark_anchored(session, statement.digest)

    def test_debt__is_known_by_a_salted_reference_only(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            statement = self.a_debt(session, books)
            (debt,) = all_open_deficits(session)

            assert statement.state is State.DEFICIT
            assert debt.amount_gco2e == debt.outstanding_gco2e == statement.deficit_gco2e
            assert debt.reference != deficit_reference(statement.digest, b"")
            assert deficit_at(session, debt.reference) == debt

    def test_settling__in_part_then_whole__follows_the_chain_both_ways(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            statement = self.a_debt(session, books)
            (debt,) = all_open_deficits(session)

            def settle(amount: int, source: str, vintage: int = 2025) -> int:
                return settle_deficit(
                    session, debt.reference, amount_gco2e=amount, region="GB", vintage=vintage, source=source, at=AT
                )

            assert settle(1_000, "tx1:0") == 1_000
            assert settle(1_000, "tx1:0") == 0
            assert statement_at(session, statement.digest).state is State.PARTLY_SETTLED
            assert settle(10**9, "tx2:0", vintage=2023) == debt.amount_gco2e - 1_000
            assert statement_at(session, statement.digest).state is State.SETTLED
            assert settle(5, "tx3:0") == 0
            assert unsettle_deficit(session, "tx2:0") == debt.amount_gco2e - 1_000
            assert statement_at(session, statement.digest).state is State.PARTLY_SETTLED
            assert unsettle_deficit(session, "tx1:0") == 1_000
            assert unsettle_deficit(session, "tx1:0") == 0
            assert statement_at(session, statement.digest).state is State.DEFICIT

    @pytest.mark.parametrize(("region", "vintage"), [("GB", 2026), ("US-CA", 2025)])
    def test_credits_of_a_later_vintage_or_another_region__do_not_settle(
        self, database: Database, region: str, vintage: int
    ) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            self.a_debt(session, books)
            (debt,) = all_open_deficits(session)

            with pytest.raises(DeficitCreditUnfit) as refused:
                settle_deficit(
                    session, debt.reference, amount_gco2e=1, region=region, vintage=vintage, source="t", at=AT
                )
            assert all_open_deficits(session) == [debt]
        assert refused.value.code == "deficit.credit_unfit"

    def test_credits_of_a_region_that_the_policy_lists__settle_of_the_same_vintage_or_an_earlier_one(
        self, database: Database
    ) -> None:
        listing = parse_policy(TEXT.replace("[rules]", LISTED))
        books = some_books(listing)
        with database.write() as session:
            self.a_debt(session, books)
            (debt,) = all_open_deficits(session)

            def settle(region: str, vintage: int) -> int:
                reference = debt.reference
                return settle_deficit(
                    session,
                    reference,
                    amount_gco2e=5,
                    region=region,
                    vintage=vintage,
                    source=f"{region}{vintage}",
                    at=AT,
                )

            assert debt.regions == ("GB", "US-CA", "CN-SC")
            assert [settle("US-CA", 2025), settle("CN-SC", 2024), settle("GB", 2025)] == [5, 5, 5]
            for region, vintage in (("US-CA", 2026), ("CN-HE", 2025)):
                with pytest.raises(DeficitCreditUnfit) as refused:
                    settle(region, vintage)
                assert refused.value.fields["regions_needed"] == ["GB", "US-CA", "CN-SC"]
                assert "GB or US-CA or CN-SC, of vintage 2025 or earlier" in str(refused.value), "which would do"

    def test_unknown_reference_or_no_amount__is_refused(self, database: Database) -> None:
        with database.write() as session:
            with pytest.raises(DeficitUnknown) as unknown:
                settle_deficit(session, b"r" * 32, amount_gco2e=1, region="GB", vintage=2025, source="t", at=AT)
            with pytest.raises(SettlementAmountInvalid) as nothing:
                settle_deficit(session, b"r" * 32, amount_gco2e=0, region="GB", vintage=2025, source="t", at=AT)
        assert unknown.value.code == "deficit.unknown"
        assert nothing.value.code == "deficit.amount_invalid"

    def test_reorg_of_the_anchoring__keeps_what_was_settled(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            statement = self.a_debt(session, books)
            (debt,) = all_open_deficits(session)
            settle_deficit(session, debt.reference, amount_gco2e=1_000, region="GB", vintage=2025, source="t", at=AT)

            assert unmark_anchored(session, statement.digest).state is State.ATTESTED
            assert mark_anchored(session, statement.digest).state is State.PARTLY_SETTLED
