"""INV-09 from the index's side: what is rebuilt from events alone is what the contracts answer."""

import pytest
from sqlmodel import SQLModel, select

from backend.kernel.mass import UINT256_MAX
from backend.link.balances import (
    credit_approved,
    credit_balance,
    credit_class,
    credit_retired,
    maker_epoch,
    number_cancelled,
    number_used,
    payment_allowance,
    payment_balance,
)
from backend.link.reconcile import CHECKS, CLASS_FIELDS, IndexMoved, reconcile
from backend.link.tables import (
    CreditApproval,
    CreditBalance,
    CreditClassTotals,
    MakerEpoch,
    PaymentAllowance,
    PaymentBalance,
    SpentNumber,
)
from backend.storage.database import Database
from tests.integration.link.acts import CLASS, OTHER_CLASS, PRICE_PER_KG, Acts, person
from tests.integration.link.following import PROJECTED, an_indexer, catch_up


def test_inv_09_projection_rebuilt_from_events__equals_the_chains_state(acts: Acts, database: Database) -> None:
    catch_up(an_indexer(database, acts))

    assert reconcile(database, acts.w3, acts.deployment) == []

    with database.read() as session:
        tables = {table: len(session.exec(select(table)).all()) for table in PROJECTED}
    assert all(tables.values()), "every projection must have had something to say"


def test_balances__after_a_year_of_acts__are_what_the_acts_add_up_to(acts: Acts, database: Database) -> None:
    catch_up(an_indexer(database, acts))
    exchange = acts.deployment.address("Exchange")
    buyer, other_buyer, seller, other_seller = (person(index).address for index in range(4))
    fee = 30 * PRICE_PER_KG // 10_000

    with database.read() as session:
        assert credit_balance(session, buyer, CLASS) == 3000 + 2000 - 1000
        assert credit_balance(session, seller, OTHER_CLASS) == 50_000 - 2500
        assert credit_retired(session, buyer, CLASS) == 1000
        assert credit_retired(session, seller, CLASS) == 1000
        assert payment_allowance(session, buyer, exchange) == 5_000_000 - 6 * (PRICE_PER_KG + fee)
        assert payment_allowance(session, other_buyer, exchange) == 9_000_000 - 2 * (PRICE_PER_KG + fee)
        assert payment_balance(session, buyer) == 100_000_000 - 6 * (PRICE_PER_KG + fee) - 1234
        assert credit_approved(session, seller, exchange)
        assert not credit_approved(session, other_seller, exchange)
        assert credit_approved(session, other_seller, acts.deployment.address("Charity"))
        raised = acts.contracts.exchange.functions.epochOf(seller).call()
        assert maker_epoch(session, seller) == raised > 1
        assert maker_epoch(session, buyer) == 0
        assert number_cancelled(session, buyer, 77)
        assert not number_cancelled(session, buyer, 78)
        assert number_used(session, "CarbonCredit", buyer, 5)
        assert not number_used(session, "Charity", buyer, 5)
        totals = credit_class(session, CLASS)
    assert totals is not None
    assert (totals.reversed_gco2e, totals.cancelled_gco2e) == (900, 900)
    assert totals.buffer_gco2e == 2 * 2500 + 1200 - 900


def test_allowance__without_limit__is_not_used_up_by_fills(acts: Acts, database: Database) -> None:
    buyer = person(1)
    acts.approve(buyer, UINT256_MAX)
    acts.trade(buyer, person(2), 1)
    catch_up(an_indexer(database, acts))

    with database.read() as session:
        projected = payment_allowance(session, buyer.address, acts.deployment.address("Exchange"))

    assert projected == UINT256_MAX
    assert reconcile(database, acts.w3, acts.deployment) == []


@pytest.mark.parametrize(
    ("table", "column", "check"),
    [
        (CreditBalance, "held_gco2e", "credit.held"),
        (CreditBalance, "retired_gco2e", "credit.retired"),
        (PaymentBalance, "balance", "payment.balance"),
        (PaymentAllowance, "amount", "payment.allowance"),
        (MakerEpoch, "epoch", "exchange.epoch"),
        *((CreditClassTotals, column, f"class.{name}") for name, column in CLASS_FIELDS.items()),
    ],
)
def test_reconcile__a_number_is_off_by_one__is_found(
    acts: Acts, database: Database, table: type[SQLModel], column: str, check: str
) -> None:
    catch_up(an_indexer(database, acts))
    with database.write() as session:
        for row in session.exec(select(table)):
            if getattr(row, column) < UINT256_MAX:
                setattr(row, column, getattr(row, column) + 1)
                session.add(row)

    found = reconcile(database, acts.w3, acts.deployment)

    differences = [finding for finding in found if finding.check == check]
    assert differences
    assert all(finding.projected == finding.on_chain + 1 for finding in differences)


@pytest.mark.parametrize("table", [CreditApproval, SpentNumber])
def test_reconcile__a_mark_is_missing__is_found(acts: Acts, database: Database, table: type[SQLModel]) -> None:
    catch_up(an_indexer(database, acts))
    with database.write() as session:
        for row in session.exec(select(table)):
            session.delete(row)

    found = {finding.check for finding in reconcile(database, acts.w3, acts.deployment)}

    marks = (
        {"credit.approved"}
        if table is CreditApproval
        else {
            "exchange.cancelled",
            "credit.number_used",
            "charity.number_used",
        }
    )
    assert found == marks
    assert marks <= CHECKS.keys()


def test_reconcile__held_credits_appear_from_nowhere__breaks_the_supply_identity(
    acts: Acts, database: Database
) -> None:
    catch_up(an_indexer(database, acts))
    with database.write() as session:
        session.add(CreditBalance(account="0x000000000000000000000000000000000000dEaD", class_id=CLASS, held_gco2e=5))

    found = reconcile(database, acts.w3, acts.deployment)

    assert [(finding.check, finding.projected - finding.on_chain) for finding in found] == [("class.identity", 5)]


def test_reconcile__indexed_block_left_the_chain__asks_to_try_later(acts: Acts, database: Database) -> None:
    with pytest.raises(IndexMoved):
        reconcile(database, acts.w3, acts.deployment)
    catch_up(an_indexer(database, acts))
    acts.rpc("anvil_reorg", 2, [])

    with pytest.raises(IndexMoved):
        reconcile(database, acts.w3, acts.deployment)
