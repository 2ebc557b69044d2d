"""Following a real chain: listeners, finality, deep history, rebuilding to the same rows."""

from collections.abc import Callable

import pytest
from sqlmodel import select

from backend.chain.keys import DevRole, dev_signer
from backend.kernel.clock import FixedClock
from backend.link.balances import (
    balance_projections,
)
from backend.link.index import is_final
from backend.link.indexer import Indexer
from backend.link.lease import LEASE_TIME, Lease, LeaseLost
from backend.link.tables import (
    CreditBalance,
)
from backend.storage.database import Database
from tests.integration.link.acts import Acts, person
from tests.integration.link.following import an_indexer, catch_up, rows

Fresh = Callable[..., dict[str, list[str]]]


def test_indexer__fill__tells_that_both_sides_funds_changed(acts: Acts, database: Database) -> None:
    acts.equip()
    told: set[str] = set()
    indexer = Indexer(
        database,
        acts.w3,
        acts.deployment,
        balance_projections(acts.deployment),
        funds_listeners=[lambda _, accounts: told.update(accounts)],
    )
    catch_up(indexer)
    told.clear()
    acts.trade(person(1), person(3), 1)

    catch_up(indexer)

    assert told == {person(1).address, person(3).address, dev_signer(DevRole.FEE_RECIPIENT).address}


def test_indexer__of_a_process_whose_turn_is_over__moves_nothing(
    acts: Acts, database: Database, clock: FixedClock
) -> None:
    acts.equip()
    mine, others = Lease(database, "x", FixedClock(clock.at)), Lease(database, "x", clock)
    mine.hold()
    indexer = Indexer(
        database, acts.w3, acts.deployment, balance_projections(acts.deployment), chunk=1, fence=mine.require
    )
    indexer.step()
    before = rows(database)
    clock.at += LEASE_TIME
    others.hold()

    with pytest.raises(LeaseLost):
        indexer.step()

    assert rows(database) == before


def test_indexer__finality__follows_the_confirmation_depth(acts: Acts, database: Database) -> None:
    indexer = an_indexer(database, acts, confirmations=3)

    catch_up(indexer)

    head = acts.w3.eth.block_number
    with database.read() as session:
        assert is_final(session, head - 3)
        assert not is_final(session, head - 2)


def test_reindex__from_stored_events_or_from_the_chain__makes_the_same_rows(acts: Acts, database: Database) -> None:
    indexer = an_indexer(database, acts)
    catch_up(indexer)
    before = rows(database)
    with database.write() as session:
        for row in session.exec(select(CreditBalance)):
            row.held_gco2e += 1
            session.add(row)

    again = indexer.reindex()
    rebuilt = rows(database)
    fetched = indexer.refetch()

    assert again == fetched == len(before["link_event"])
    assert rebuilt == before
    assert rows(database) == before


@pytest.mark.parametrize("depth_max", [5, 20])
def test_indexer__deep_history__reads_logs_in_ranges_and_makes_the_same_rows(
    acts: Acts,
    database: Database,
    fresh_rows: Fresh,
    depth_max: int,
) -> None:
    for _ in range(30):
        acts.rpc("evm_mine")
    catch_up(an_indexer(database, acts, reorg_depth_max=depth_max, history_chunk=9))

    sparse, dense = rows(database), fresh_rows()

    assert len(sparse.pop("link_block")) < len(dense.pop("link_block"))
    assert sparse == dense


def test_indexer__following_block_by_block__forgets_empty_blocks_like_a_fresh_index(
    acts: Acts, database: Database, fresh_rows: Fresh
) -> None:
    follower = an_indexer(database, acts, reorg_depth_max=8)
    catch_up(follower)
    for _ in range(15):
        acts.rpc("evm_mine")
        catch_up(follower)

    assert rows(database) == fresh_rows(reorg_depth_max=8)
