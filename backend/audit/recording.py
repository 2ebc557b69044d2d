"""Reads a deployment's whole history from a node by JSON-RPC, and asks it the questions that the history raises."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from requests.exceptions import RequestException
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from backend.audit.blocks import HEADER_NAMES, RpcObject, bloom_may_hold, octets, quantity
from backend.audit.certificate import Mined
from backend.audit.history import BlockBody, History, InnerCall
from backend.audit.interface import function
from backend.audit.journal import Journal
from backend.audit.questions import Answers, Asked
from backend.audit.replay import CHECKS, JOURNAL_CHECKS, rebuild
from backend.audit.report import Verdicts
from backend.audit.timeline import acts, decoded_events
from backend.chain.deployment import Deployment, WrongNetwork
from backend.chain.rpc import Network, NodeUnreachable, connect
from backend.kernel.digest import to_hex
from backend.kernel.errors import Unavailable

BATCH_SIZE = 100
"""Requests to a JSON-RPC batch."""

LOG_RANGE = 2_000
"""Blocks to one eth_getLogs; many nodes refuse more."""


class NodeRefused(Unavailable):
    """The node answered with an error, or does not know what an audit needs."""

    code = "audit.node_refused"

    def __init__(self, method: str, why: str) -> None:
        super().__init__(f"the node refused {method}: {why}", method=method, why=why)


class Node:
    """JSON-RPC as the node gives it: raw JSON, in batches."""

    def __init__(self, url: str) -> None:
        self._provider = cast(HTTPProvider, connect(url).provider)
        self._url = url

    def many(self, requests: Sequence[tuple[str, list[Any]]], *, or_none: bool = False) -> list[Any]:
        """Results in the order of the requests; raises NodeUnreachable or NodeRefused (or gives None where refused)."""
        found: list[Any] = []
        for start in range(0, len(requests), BATCH_SIZE):
            chunk = [(RPCEndpoint(method), params) for method, params in requests[start : start + BATCH_SIZE]]
            try:
                answers = self._provider.make_batch_request(chunk)
            except RequestException as failure:
                raise NodeUnreachable(self._url) from failure
            if not isinstance(answers, list) or len(answers) != len(chunk):
                raise NodeRefused("a batch", str(answers))
            for (method, _), answer in zip(chunk, answers, strict=True):
                if "error" in answer and not or_none:
                    raise NodeRefused(method, str(answer["error"]))
                found.append(answer.get("result"))
        return found

    def one(self, method: str, *params: Any) -> Any:
        """One result."""
        return self.many([(method, list(params))])[0]


class HistoryMoved(Unavailable):
    """The chain reorganised while it was being read."""

    code = "audit.history_moved"

    def __init__(self, before: str, after: str) -> None:
        super().__init__(
            f"the head {before} became {after} while it was read: run the audit again", before=before, after=after
        )


class BlockUnknown(Unavailable):
    """The node does not have a block the audit needs."""

    code = "audit.block_unknown"

    def __init__(self, block: str) -> None:
        super().__init__(f"the node does not know block {block}", block=block)


def _block(node: Node, block: str, *, whole: bool = False) -> RpcObject:
    found = node.one("eth_getBlockByNumber", block, whole)
    if found is None:
        raise BlockUnknown(block)
    return cast(RpcObject, found)


def record(url: str, deployment: Deployment, head: str = "latest", told: Journal | None = None) -> History:
    """The history up to a block: a number in 0x-hex, or `latest`, `safe`, `finalized`. With a journal, also what a
    node says of its signatures.

    Raises NodeUnreachable, NodeRefused, WrongNetwork, BlockUnknown or HistoryMoved; as `rebuild`.
    """
    try:
        return _recorded(Node(url), deployment, head, told)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as failure:
        raise NodeRefused("to answer in the usual form", repr(failure)) from failure


def _recorded(node: Node, deployment: Deployment, head: str, told: Journal | None) -> History:
    network = Network(quantity(node.one("eth_chainId")), _genesis_hash(node))
    if network != deployment.network:
        raise WrongNetwork(network, deployment.network)
    head_block = _block(node, head)
    numbers = range(deployment.block_number, quantity(head_block["number"]) + 1)
    if not numbers:
        raise BlockUnknown(hex(deployment.block_number))
    headers = _headers(node, numbers)
    ours = _is_ours(node, deployment, hex(numbers[-1]))
    followed = [address for name, address in deployment.addresses.items() if ours or name != "PaymentToken"]
    logs = _logs(node, numbers, followed)
    history = History(
        chain_id=network.chain_id,
        genesis_hash=network.genesis_hash,
        deployment=deployment,
        payment_ours=ours,
        headers=headers,
        bodies=_bodies(node, headers, logs, followed),
        logs=logs,
        inner_calls=(),
        answers={},
    )
    history.require_readable()
    history = replace(history, inner_calls=_inner_calls(node, history))
    history = replace(history, answers=_answers(node, history, told))
    after = str(_block(node, hex(numbers[-1]))["hash"])
    if after != history.head_hash or after != str(head_block["hash"]):
        raise HistoryMoved(history.head_hash, after)
    return history


def mined(url: str, deployment: Deployment, transaction: bytes, head: str = "latest") -> Mined | None:
    """The whole block that a transaction is in; None if the chain has no such transaction. `head` as for `record`.

    Raises NodeUnreachable, NodeRefused, WrongNetwork or BlockUnknown.
    """
    node = Node(url)
    try:
        network = Network(quantity(node.one("eth_chainId")), _genesis_hash(node))
        if network != deployment.network:
            raise WrongNetwork(network, deployment.network)
        asked, receipt = _block(node, head), node.one("eth_getTransactionReceipt", to_hex(transaction))
        if receipt is None:
            return None
        number = hex(quantity(receipt["blockNumber"]))
        block = _block(node, number, whole=True)
        receipts = node.many([("eth_getBlockReceipts", [number])], or_none=True)[0] or _receipts(node, block)
        body = BlockBody(quantity(number), tuple(block["transactions"]), tuple(receipts))
        return Mined(_header(block), body, quantity(asked["number"]), str(asked["hash"]))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as failure:
        raise NodeRefused("to answer in the usual form", repr(failure)) from failure


def _genesis_hash(node: Node) -> str:
    """What block 1 names as its parent: anvil, started again from its state, may serve a block 0 made afresh."""
    first = node.one("eth_getBlockByNumber", "0x1", False)
    return str(_block(node, "0x0")["hash"] if first is None else first["parentHash"])


def _headers(node: Node, numbers: range) -> tuple[RpcObject, ...]:
    blocks = node.many([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
    for number, block in zip(numbers, blocks, strict=True):
        if block is None:
            raise BlockUnknown(hex(number))
    return tuple(map(_header, blocks))


def _header(block: RpcObject) -> RpcObject:
    return {name: block[name] for name in HEADER_NAMES if block.get(name) is not None}


def _is_ours(node: Node, deployment: Deployment, block: str) -> bool:
    """Whether the payment token is the local stand-in, governed by us; a real stablecoin is not ours to audit."""
    call = {"to": deployment.address("PaymentToken"), "data": to_hex(function("PaymentToken", "authority").selector)}
    answer = node.many([("eth_call", [call, block])], or_none=True)[0]
    return str(answer or "0x").lower().endswith(deployment.address("Governance").lower().removeprefix("0x"))


def _logs(node: Node, numbers: range, addresses: list[str]) -> tuple[RpcObject, ...]:
    requests = [
        (
            "eth_getLogs",
            [{"address": addresses, "fromBlock": hex(start), "toBlock": hex(min(start + LOG_RANGE - 1, numbers[-1]))}],
        )
        for start in range(numbers[0], numbers[-1] + 1, LOG_RANGE)
    ]
    return tuple(log for answer in node.many(requests) for log in answer)


def _bodies(
    node: Node, headers: Sequence[RpcObject], logs: Sequence[RpcObject], addresses: Sequence[str]
) -> tuple[BlockBody, ...]:
    """Transactions and receipts of every block that has logs of ours, or whose bloom says it might."""
    entries = [octets(address) for address in addresses]
    wanted = {quantity(log["blockNumber"]) for log in logs}
    for header in headers:
        if any(bloom_may_hold(octets(header["logsBloom"]), entry) for entry in entries):
            wanted.add(quantity(header["number"]))
    numbers = sorted(wanted)
    blocks = node.many([("eth_getBlockByNumber", [hex(number), True]) for number in numbers])
    receipts = node.many([("eth_getBlockReceipts", [hex(number)]) for number in numbers], or_none=True)
    return tuple(
        BlockBody(number, tuple(block["transactions"]), tuple(found or _receipts(node, block)))
        for number, block, found in zip(numbers, blocks, receipts, strict=True)
    )


def _receipts(node: Node, block: RpcObject) -> list[RpcObject]:
    """One by one, for nodes that have no eth_getBlockReceipts."""
    return node.many([("eth_getTransactionReceipt", [item["hash"]]) for item in block["transactions"]])


def _inner_calls(node: Node, history: History) -> tuple[InnerCall, ...]:
    """Calls to our contracts from inside others, for transactions whose outer call does not explain their events."""
    events = decoded_events(history, Verdicts(CHECKS))
    wanted = [to_hex(act.transaction) for act in acts(history, events) if act.unexplained]
    traces = node.many(
        [("debug_traceTransaction", [transaction, {"tracer": "callTracer"}]) for transaction in wanted], or_none=True
    )
    ours = {address.lower() for address in history.deployment.addresses.values()}
    return tuple(
        call
        for transaction, trace in zip(wanted, traces, strict=True)
        for frame in (trace or {}).get("calls", [])
        for call in _frames(transaction, frame, ours)
    )


def _frames(transaction: str, frame: RpcObject, ours: set[str]) -> Iterator[InnerCall]:
    """Calls in a trace that succeeded, in order, but what a contract of ours calls on itself."""
    if "error" in frame:
        return
    to, sender = str(frame.get("to") or "").lower(), str(frame["from"]).lower()
    if frame.get("type") == "CALL" and to in ours and to != sender:
        yield InnerCall(transaction, to, sender, str(frame.get("input", "0x")))
    for inner in frame.get("calls", []):
        yield from _frames(transaction, inner, ours)


def _answers(node: Node, history: History, told: Journal | None) -> dict[str, str]:
    """Replays once to hear which questions the history raises, then asks them."""
    answers = Answers({})
    rebuild(history, answers, Verdicts((*CHECKS, *JOURNAL_CHECKS)), told)
    asked = list(answers.missing)
    found = node.many([_request(item) for item in asked], or_none=True)
    return {item.key: str(answer or "0x") for item, answer in zip(asked, found, strict=True)}


def _request(asked: Asked) -> tuple[str, list[Any]]:
    block = hex(asked.block)
    if asked.calldata is None:
        return ("eth_getCode", [asked.to, block])
    return ("eth_call", [{"to": asked.to, "data": to_hex(asked.calldata)}, block])
