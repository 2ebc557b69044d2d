"""Whether what the node said hangs together: hashes and chain of headers, roots, completeness of logs.

After this, every log, calldata and sender used elsewhere is bound to the head block's hash, which anybody can
compare with another node. A node that forges all of it consistently is met by the other checks: signatures, sums,
contract views.
"""

from collections.abc import Callable, Sequence

from backend.audit.blocks import (
    RpcObject,
    bloom_may_hold,
    bloom_of,
    header_hash,
    octets,
    quantity,
    receipts_root,
    sender,
    transaction_bytes,
    transactions_root,
)
from backend.audit.history import BlockBody, History
from backend.audit.report import Check, Verdicts, Where
from backend.chain.keccak import keccak

EVIDENCE = "EVIDENCE"

NETWORK = Check(EVIDENCE, "evidence.network", "the node serves the deployment's chain id and genesis block")
HEADER_HASH = Check(EVIDENCE, "evidence.header_hash", "each header hashes to its block's hash")
PARENT = Check(
    EVIDENCE, "evidence.parent_hash", "each header names the one before it, none is missing, time never runs back"
)
TRANSACTIONS = Check(
    EVIDENCE, "evidence.transactions_root", "transactions recompute to the header's root, hash and sender"
)
RECEIPTS = Check(EVIDENCE, "evidence.receipts_root", "receipts recompute to the header's root, bloom and transactions")
BLOOM = Check(EVIDENCE, "evidence.bloom", "no block whose bloom may hold a log of ours was left out")
LOGS = Check(EVIDENCE, "evidence.logs_complete", "the logs are exactly those of ours in the receipts, in order")

CHECKS = (NETWORK, HEADER_HASH, PARENT, TRANSACTIONS, RECEIPTS, BLOOM, LOGS)

_MALFORMED = (KeyError, ValueError, TypeError, AttributeError, OverflowError)
"""What a field of a node's answer that is not what it should be raises when it is recomputed."""


def _recomputed(compute: Callable[[], bytes]) -> bytes | str:
    try:
        return compute()
    except _MALFORMED as failure:
        return f"not computable: {failure!r}"


def check_evidence(history: History, verdicts: Verdicts) -> None:
    """Every check of this file, one pass over headers, transactions, receipts and logs."""
    expected = [history.deployment.chain_id, history.deployment.genesis_hash]
    found = [history.chain_id, history.genesis_hash]
    verdicts.require_equal(NETWORK, "chain id and genesis hash", expected=expected, found=found)
    _check_headers(history, verdicts)
    headers = {quantity(header["number"]): header for header in history.headers}
    for body in history.bodies:
        header = headers.get(body.number)
        if (
            verdicts.require(PARENT, header is not None, f"block {body.number}", expected="a header", found="none")
            and header is not None
        ):
            _check_transactions(body, header, history.chain_id, verdicts)
            _check_receipts(body, header, verdicts)
    _check_bloom(history, verdicts)
    _check_logs(history, verdicts)


def check_block(body: BlockBody, header: RpcObject, chain_id: int, verdicts: Verdicts) -> None:
    """One block alone: header, transactions and receipts recompute to its hash."""
    _check_header(header, verdicts)
    _check_transactions(body, header, chain_id, verdicts)
    _check_receipts(body, header, verdicts)


def _check_header(header: RpcObject, verdicts: Verdicts) -> None:
    number = quantity(header["number"])
    computed = _recomputed(lambda: header_hash(header))
    expected, found = computed, octets(header["hash"])
    verdicts.require_equal(HEADER_HASH, f"block {number}", Where(number), expected=expected, found=found)


def _check_headers(history: History, verdicts: Verdicts) -> None:
    first = history.headers[0]
    verdicts.require(
        PARENT,
        quantity(first["number"]) <= history.deployment.block_number,
        "first header",
        expected=history.deployment.block_number,
        found=quantity(first["number"]),
    )
    previous: RpcObject | None = None
    for header in history.headers:
        number = quantity(header["number"])
        place = Where(number)
        _check_header(header, verdicts)
        if previous is not None:
            expected = [quantity(previous["number"]) + 1, octets(previous["hash"]), True]
            later = quantity(header["timestamp"]) >= quantity(previous["timestamp"])
            found = [number, octets(header["parentHash"]), later]
            verdicts.require_equal(PARENT, f"block {number}", place, expected=expected, found=found)
        previous = header


def _check_transactions(body: BlockBody, header: RpcObject, chain_id: int, verdicts: Verdicts) -> None:
    place = Where(body.number)
    root = _recomputed(lambda: transactions_root(body.transactions))
    verdicts.require_equal(
        TRANSACTIONS, f"block {body.number}", place, expected=octets(header["transactionsRoot"]), found=root
    )
    for transaction in body.transactions:
        identity = _recomputed(lambda item=transaction: keccak(transaction_bytes(item)))  # type: ignore[misc]  # mypy: default of a lambda
        at = Where(body.number, octets(transaction["hash"]))
        verdicts.require_equal(TRANSACTIONS, "hash", at, expected=identity, found=octets(transaction["hash"]))
        signer = _recomputed(lambda item=transaction: octets(sender(item) or "0x"))  # type: ignore[misc]  # as above
        verdicts.require_equal(TRANSACTIONS, "sender", at, expected=signer, found=octets(transaction["from"]))
        stated = quantity(transaction.get("chainId") or hex(chain_id))
        verdicts.require_equal(TRANSACTIONS, "chain id", at, expected=chain_id, found=stated)


def _check_receipts(body: BlockBody, header: RpcObject, verdicts: Verdicts) -> None:
    place = Where(body.number)
    root = _recomputed(lambda: receipts_root(body.receipts))
    verdicts.require_equal(RECEIPTS, f"block {body.number}", place, expected=octets(header["receiptsRoot"]), found=root)
    bloom = _recomputed(lambda: bloom_of([log for receipt in body.receipts for log in receipt["logs"]]))
    verdicts.require_equal(
        RECEIPTS, f"bloom of block {body.number}", place, expected=octets(header["logsBloom"]), found=bloom
    )
    verdicts.require_equal(
        RECEIPTS,
        f"transactions of block {body.number}",
        place,
        expected=[octets(item["hash"]) for item in body.transactions],
        found=[octets(item["transactionHash"]) for item in body.receipts],
    )


def _check_bloom(history: History, verdicts: Verdicts) -> None:
    ours = [octets(address) for address in history.followed]
    covered = {body.number for body in history.bodies}
    for header in history.headers:
        number, bloom = quantity(header["number"]), octets(header["logsBloom"])
        if any(bloom_may_hold(bloom, address) for address in ours):
            verdicts.require(
                BLOOM, number in covered, f"block {number}", Where(number), expected="its receipts", found="none"
            )


def _identity(number: int, header: RpcObject, receipt: RpcObject, index: int, log: RpcObject) -> tuple[object, ...]:
    """What a log must say about itself, from where it stands in its block's receipts."""
    return (
        str(log["address"]).lower(),
        tuple(str(topic).lower() for topic in log["topics"]),
        str(log["data"]).lower(),
        number,
        str(header["hash"]).lower(),
        str(receipt["transactionHash"]).lower(),
        index,
    )


def _as_answered(log: RpcObject) -> tuple[object, ...]:
    return (
        str(log["address"]).lower(),
        tuple(str(topic).lower() for topic in log["topics"]),
        str(log["data"]).lower(),
        quantity(log["blockNumber"]),
        str(log["blockHash"]).lower(),
        str(log["transactionHash"]).lower(),
        quantity(log["logIndex"]),
    )


def _in_receipts(history: History) -> list[tuple[object, ...]]:
    headers = {quantity(header["number"]): header for header in history.headers}
    ours = history.followed
    found = []
    for body in sorted(history.bodies, key=lambda item: item.number):
        index = 0
        for receipt in body.receipts:
            for log in receipt["logs"]:
                if str(log["address"]).lower() in ours and body.number in headers:
                    found.append(_identity(body.number, headers[body.number], receipt, index, log))
                index += 1
    return found


def _check_logs(history: History, verdicts: Verdicts) -> None:
    expected: Sequence[tuple[object, ...]] = _in_receipts(history)
    answered: Sequence[tuple[object, ...]] = [_as_answered(log) for log in history.logs]
    verdicts.require_equal(LOGS, "number of logs", expected=len(expected), found=len(answered))
    for place, (one, other) in enumerate(zip(expected, answered, strict=False)):
        number, transaction, index = one[3], one[5], one[6]
        assert isinstance(number, int)
        assert isinstance(index, int)
        verdicts.require(
            LOGS,
            one == other,
            f"log {place}",
            Where(number, octets(str(transaction)), index),
            expected=str(one),
            found=str(other),
        )
