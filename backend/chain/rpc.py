"""A connection to an EVM node, and who the node says it is."""

from dataclasses import dataclass

from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import Timeout
from web3 import HTTPProvider, Web3

from backend.kernel.errors import Unavailable

LOCAL_CHAIN_ID = 31337
RPC_TIMEOUT_S = 10


class NodeUnreachable(Unavailable):
    """The node does not answer."""

    code = "chain.unreachable"

    def __init__(self, url: str) -> None:
        super().__init__(f"the node at {url} does not answer", url=url)


@dataclass(frozen=True)
class Network:
    """Which chain a node serves: its id and the hash of its block 0 (0x and hex)."""

    chain_id: int
    genesis_hash: str


def connect(url: str) -> Web3:
    """A Web3 over HTTP with a timeout. Does not call the node yet; retries nothing by itself."""
    return Web3(HTTPProvider(url, request_kwargs={"timeout": RPC_TIMEOUT_S}, exception_retry_configuration=None))


def network_of(w3: Web3) -> Network:
    """The node's chain id and genesis hash; raises NodeUnreachable."""
    try:
        genesis = w3.eth.get_block(0)
        return Network(chain_id=w3.eth.chain_id, genesis_hash="0x" + bytes(genesis["hash"]).hex())
    except (RequestsConnectionError, Timeout) as failure:
        raise NodeUnreachable(str(getattr(w3.provider, "endpoint_uri", "?"))) from failure
