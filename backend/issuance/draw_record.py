"""A draw, drawn again by anybody from its public record. No framework; with a node at hand the chain is asked too."""

from collections.abc import Mapping
from typing import Any

from web3 import Web3

from backend.chain.artifacts import artifact
from backend.chain.keys import personal_recover
from backend.chain.signature import SignatureMalformed
from backend.issuance.draw import commitment_of, commitment_text, drawn_of, seed_of
from backend.issuance.draw_list import DRAW_TOPIC, DrawList, day_of, draw_list_of
from backend.kernel.clock import TimeMalformed, from_unix_s, iso, parse_iso, unix_s
from backend.kernel.digest import digest_of, to_hex
from backend.kernel.errors import Conflict
from backend.link.node import Node


class DrawNotOver(Conflict):
    """Nobody can draw again yet: the draw has no end so far."""

    code = "draw.not_over"

    def __init__(self, listed: DrawList) -> None:
        day, reveal_until = day_of(listed.day).isoformat(), iso(from_unix_s(listed.reveal_until_s))
        super().__init__(
            f"nothing is wrong so far, but the draw of {day} is not over yet: verifiers commit until "
            f"{iso(from_unix_s(listed.commit_until_s))} and show their secrets until {reveal_until}; ask again then",
            day=day,
            reveal_until=reveal_until,
        )


def require_over(record: Mapping[str, Any]) -> None:
    """Raises DrawNotOver for the record of a draw that is not concluded."""
    if record["concludedAt"] is None:
        raise DrawNotOver(draw_list_of(record["listed"]))


def _bytes(text: object) -> bytes:
    return bytes.fromhex(str(text).removeprefix("0x"))


def wrong_with(record: Mapping[str, Any]) -> list[str]:
    """What is wrong with a record (GET /verification/draws/{day}), as sentences; empty if drawing again gives the same.
    Of one that is not over, what is wrong so far (`require_over`).

    That the list was anchored, and the block's hash, only a node can tell: `wrong_on_chain`.
    """
    try:
        listed = draw_list_of(record["listed"])
        return [*_wrong_list(record, listed), *_wrong_parts(record, listed), *_wrong_end(record, listed)]
    except (KeyError, TypeError, ValueError, TimeMalformed, SignatureMalformed) as failure:
        return [f"the record is no draw: {failure!r}"]


def _wrong_list(record: Mapping[str, Any], listed: DrawList) -> list[str]:
    digest = to_hex(digest_of(record["listed"]))
    checks = {
        f"the list's digest is {digest}": record["listDigest"] != digest or to_hex(listed.digest) != digest,
        "a statement is listed twice": len({one.statement_digest for one in listed.candidates})
        < len(listed.candidates),
        "the day is not the list's": record["day"] != record["listed"]["day"],
        "the block could come before the last commitment": listed.block_from_s <= listed.commit_until_s,
    }
    return [sentence for sentence, wrong in checks.items() if wrong]


def _wrong_parts(record: Mapping[str, Any], listed: DrawList) -> list[str]:
    wrong = []
    for part in record["parts"]:
        verifier, commitment = part["verifier"], _bytes(part["commitment"])
        signed = personal_recover(commitment_text(listed, verifier, commitment), _bytes(part["signature"]))
        secret = part["secret"]
        checks = {
            "has no part by the list": verifier not in listed.verifiers,
            "did not sign its commitment": signed != verifier,
            "committed too late": unix_s(parse_iso(part["committedAt"])) >= listed.commit_until_s,
            "revealed another secret": secret is not None
            and commitment_of(listed.digest, verifier, _bytes(secret)) != commitment,
        }
        wrong += [f"{verifier} {what}" for what, bad in checks.items() if bad]
    if len({part["verifier"] for part in record["parts"]}) < len(record["parts"]):
        wrong.append("a verifier has two parts")
    return wrong


def _wrong_end(record: Mapping[str, Any], listed: DrawList) -> list[str]:
    if record["concludedAt"] is None:
        return ["it is not concluded and has a seed"] if record["seed"] is not None or record["drawn"] else []
    secrets = {part["verifier"]: _bytes(part["secret"]) for part in record["parts"] if part["secret"] is not None}
    drawn = sorted(one["statement"] for one in record["drawn"])
    if record["blockHash"] is None or len(secrets) < listed.least_secrets:
        return ["it has a seed without what makes one"] if record["seed"] is not None or drawn else []
    wrong = []
    if unix_s(parse_iso(record["blockAt"])) < listed.block_from_s:
        wrong.append("the block is older than the list allows")
    seed = seed_of(listed.digest, _bytes(record["blockHash"]), secrets)
    ours = [to_hex(digest) for digest in drawn_of(seed, listed.candidates, listed.least_drawn)]
    if record["seed"] != to_hex(seed):
        wrong.append(f"the seed is {to_hex(seed)}")
    if drawn != ours:
        wrong.append(f"drawn are {', '.join(ours)}")
    return wrong


def wrong_on_chain(record: Mapping[str, Any], w3: Web3) -> list[str]:
    """What a node says otherwise: the list's digest at Anchors, the named block. Raises NodeUnavailable."""
    listed, node = draw_list_of(record["listed"]), Node(w3)
    anchors = w3.eth.contract(address=Web3.to_checksum_address(listed.anchors), abi=artifact("Anchors").abi)
    wrong = []
    if bytes(anchors.functions.digestOf(DRAW_TOPIC, listed.day).call()) != listed.digest:
        wrong.append("the chain has another list for that day, or none")
    if record["blockNumber"] is not None:
        block, before = node.header(record["blockNumber"]), node.header(record["blockNumber"] - 1)
        if block is None or block.hash != _bytes(record["blockHash"]):
            wrong.append("the chain has another block of that number")
        elif unix_s(block.time) < listed.block_from_s or (before and unix_s(before.time) >= listed.block_from_s):
            wrong.append("it is not the first block from the time that the list names")
    return wrong
