"""A database belongs to one chain for ever: another chain's node is refused before it is read or written."""

from backend.chain.rpc import Network
from backend.kernel.errors import Unavailable
from backend.link.node import Node
from backend.link.tables import NetworkRow
from backend.storage.database import Database


class WrongNetwork(Unavailable):
    """The node serves another chain than the one this database, or the deployment, belongs to."""

    code = "link.wrong_network"

    def __init__(self, found: Network, expected: Network) -> None:
        super().__init__(
            f"the node serves chain {found.chain_id} with genesis {found.genesis_hash}; "
            f"expected chain {expected.chain_id} with genesis {expected.genesis_hash}",
            chain_id=found.chain_id,
            genesis_hash=found.genesis_hash,
            expected_chain_id=expected.chain_id,
            expected_genesis_hash=expected.genesis_hash,
        )


def require_network(database: Database, node: Node, expected: Network) -> None:
    """Raises WrongNetwork unless the node, the deployment (`expected`) and the database name the same chain.

    The first call binds an unused database to the chain.
    """
    found = node.network()
    if found != expected:
        raise WrongNetwork(found, expected)
    with database.read() as session:
        row = session.get(NetworkRow, 1)
    if row is None:
        with database.write() as session:
            row = session.get(NetworkRow, 1)
            if row is None:
                row = NetworkRow(chain_id=found.chain_id, genesis_hash=found.genesis_hash)
                session.add(row)
    bound = Network(row.chain_id, row.genesis_hash)
    if found != bound:
        raise WrongNetwork(found, bound)
