"""Another chain's node is refused before anything is read from it or sent to it."""

from dataclasses import replace

import pytest

from backend.chain.keys import DevRole, dev_signer
from backend.chain.node import LocalNode
from backend.chain.rpc import connect, network_of
from backend.kernel.clock import FixedClock
from backend.link.indexer import Indexer
from backend.link.network import WrongNetwork
from backend.link.outbox import enqueue, intent_of
from backend.link.sender import Sender
from backend.storage.database import Database
from tests.integration.link.acts import Acts
from tests.integration.link.following import an_indexer, catch_up, rows

OTHER_GENESIS_UNIX_S = 1_700_000_000


def test_indexer__node_of_another_genesis__is_refused(acts: Acts, database: Database) -> None:
    catch_up(an_indexer(database, acts))
    before = rows(database)

    with LocalNode(genesis_unix_s=OTHER_GENESIS_UNIX_S) as other, pytest.raises(WrongNetwork) as refused:
        Indexer(database, connect(other.url), acts.deployment, []).step()

    assert refused.value.code == "link.wrong_network"
    assert refused.value.fields["expected_genesis_hash"] == acts.deployment.genesis_hash
    assert refused.value.fields["genesis_hash"] != acts.deployment.genesis_hash
    assert rows(database) == before


def test_sender__node_of_another_genesis__is_refused_before_anything_is_signed(
    acts: Acts, database: Database, clock: FixedClock
) -> None:
    with database.write() as session:
        enqueue(session, kind="x", reference="1", contract="Exchange", data=b"", now=clock.now())

    with LocalNode(genesis_unix_s=OTHER_GENESIS_UNIX_S) as other, pytest.raises(WrongNetwork):
        Sender(database, connect(other.url), dev_signer(DevRole.OPERATOR), clock, acts.deployment).step()

    with database.read() as session:
        intent = intent_of(session, "x", "1")
    assert intent is not None
    assert (intent.state, intent.nonce) == ("new", None)


def test_indexer__wrong_chain_id__is_refused(acts: Acts, database: Database) -> None:
    with pytest.raises(WrongNetwork) as refused:
        Indexer(database, acts.w3, replace(acts.deployment, chain_id=1), []).step()

    assert (refused.value.fields["chain_id"], refused.value.fields["expected_chain_id"]) == (31337, 1)


def test_indexer__database_of_another_chain__is_refused_though_node_and_deployment_agree(
    acts: Acts, database: Database
) -> None:
    catch_up(an_indexer(database, acts))
    before = rows(database)

    with LocalNode(genesis_unix_s=OTHER_GENESIS_UNIX_S) as other:
        w3 = connect(other.url)
        deployment = replace(acts.deployment, genesis_hash=network_of(w3).genesis_hash)
        with pytest.raises(WrongNetwork):
            Indexer(database, w3, deployment, []).step()

    assert rows(database) == before
