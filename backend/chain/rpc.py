"""A connection to an EVM node, and who the node says it is."""

from dataclasses import dataclass

from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3Exception

from backend.kernel.errors import Unavailable

LOCAL_CHAIN_ID = 31337
RPC_TIMEOUT_S = 10


class NodeUnreachable(Unavailable):
    """Nothing at the URL answers as an EVM node does."""

    code = "chain.unreachable"

    def __init__(self, url: str) -> None:
        super().__init__(f"no EVM node answers at {url!r}", url=url)


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
    except (RequestException, Web3Exception, ValueError) as failure:  # ValueError: what answers does not speak JSON
        raise NodeUnreachable(str(getattr(w3.provider, "endpoint_uri", "?"))) from failure
