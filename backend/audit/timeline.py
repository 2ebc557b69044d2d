"""A history as acts in chain order: one per transaction that left events of ours, with its calldata decoded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_abi.exceptions import DecodingError

from backend.audit.blocks import RpcObject, octets, quantity
from backend.audit.history import History
from backend.audit.interface import functions
from backend.audit.orders import match_count
from backend.audit.report import Check, Verdicts, Where
from backend.chain.events import ChainEvent, EventDecoder
from backend.chain.signature import checksum_address
from backend.kernel.clock import from_unix_s, unix_s

DECODABLE = Check("EVIDENCE", "evidence.decodable", "each log of ours is an event its contract declares, and in order")

CHECKS = (DECODABLE,)

_UNUSED = frozenset({("PaymentToken", "Approval")})
"""Allowances of the payment token are excepted from INV-09; some stablecoins tell them in every transfer."""


_OUTCOMES: tuple[tuple[str, tuple[str, ...], str, tuple[tuple[str, str], ...]], ...] = (
    ("Exchange", ("settle",), "batch", (("Exchange", "Filled"), ("Exchange", "Skipped"))),
    ("Issuance", ("anchorBatch",), "", (("Issuance", "BatchAnchored"),)),
    ("Charity", ("grant",), "amounts", (("Charity", "Granted"), ("Charity", "GrantSkipped"))),
    ("Charity", ("refund",), "donors", (("Charity", "Refunded"), ("Charity", "RefundSkipped"))),
    ("Charity", ("retireHeld", "retireEarly"), "", (("Charity", "CampaignRetired"),)),
    ("Charity", ("openCampaign",), "", (("Charity", "CampaignOpened"),)),
    ("Charity", ("closeEarly",), "", (("Charity", "CampaignClosedEarly"),)),
    ("Charity", ("drawPledge",), "", (("Charity", "PledgeDrawn"),)),
    ("RetirementReceipts", ("retireBySig", "retire"), "", (("RetirementReceipts", "RetirementReceiptIssued"),)),
)
"""Calls with one outcome an item (of an argument, or of the call itself), and the events that tell it."""


@dataclass(frozen=True)
class Call:
    """A call to a contract of ours: names from the ABI, structs as dicts."""

    contract: str
    function: str
    args: Mapping[str, Any]
    caller: str


@dataclass(frozen=True)
class Act:
    """One transaction and what it did to our contracts. `events` ascend by log index."""

    transaction: bytes
    block_number: int
    at_s: int
    events: tuple[ChainEvent, ...]
    calls: tuple[Call, ...]

    @property
    def where(self) -> Where:
        """The transaction's place."""
        return Where(self.block_number, self.transaction)

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], list[ChainEvent]]:
        found: dict[tuple[str, str], list[ChainEvent]] = {}
        for event in self.events:
            found.setdefault((event.contract, event.name), []).append(event)
        return found

    @cached_property
    def _places(self) -> dict[int, int]:
        return {event.log_index: place for place, event in enumerate(self.events)}

    def calls_of(self, contract: str, *names: str) -> list[Call]:
        """Calls of some functions of a contract, in order."""
        return [call for call in self.calls if call.contract == contract and call.function in names]

    def events_of(self, contract: str, *names: str) -> list[ChainEvent]:
        """Events of some names of a contract, grouped by name."""
        return [event for name in names for event in self._by_name.get((contract, name), [])]

    @property
    def unexplained(self) -> bool:
        """Whether its known calls do not account for its outcomes: a contract in between called."""
        return any(
            sum(_items(call, argument) for call in self.calls_of(contract, *functions_))
            != sum(len(self.events_of(*outcome)) for outcome in outcomes)
            for contract, functions_, argument, outcomes in _OUTCOMES
        ) or self._claims_called != len(self.events_of("CarbonCredit", "Issued")) + len(
            self.events_of("Issuance", "ClaimSkipped")
        )

    @property
    def _claims_called(self) -> int:
        many = sum(_items(call, "roots") for call in self.calls_of("Issuance", "claimMany"))
        return many + len(self.calls_of("Issuance", "claim"))

    def followers(self, event: ChainEvent, count: int) -> tuple[ChainEvent, ...]:
        """The events right after one of this transaction, at most so many."""
        start = self._places[event.log_index] + 1
        return self.events[start : start + count]

    def predecessor(self, event: ChainEvent) -> ChainEvent | None:
        """The event right before one of this transaction."""
        place = self._places[event.log_index]
        return self.events[place - 1] if place else None


def _items(call: Call, argument: str) -> int:
    if argument == "batch":
        return match_count(call.args["batch"])
    return len(call.args[argument]) if argument else 1


def _decoded_log(log: RpcObject) -> dict[str, Any]:
    return {
        "address": log["address"],
        "topics": [octets(topic) for topic in log["topics"]],
        "data": octets(log["data"]),
        "blockNumber": quantity(log["blockNumber"]),
        "blockHash": octets(log["blockHash"]),
        "transactionHash": octets(log["transactionHash"]),
        "logIndex": quantity(log["logIndex"]),
    }


def _calls(names: Mapping[str, str], to: str, caller: str, calldata: bytes) -> list[Call]:
    """The call, and what it makes Governance call: `execute` of a delayed act, and `multicall`."""
    contract = names.get(to.lower())
    known = functions(contract).get(calldata[:4]) if contract else None
    if contract is None or known is None:
        return []
    try:
        args = known.arguments(calldata)
    except DecodingError:
        return []
    found = [Call(contract, known.name, args, checksum_address(octets(caller)))]
    if (contract, known.name) == ("Governance", "execute"):
        found += _calls(names, args["target"], to, args["data"])
    if (contract, known.name) == ("Governance", "multicall"):
        found += [call for data in args["data"] for call in _calls(names, to, caller, data)]
    return found


def _logs_to_read(history: History) -> list[RpcObject]:
    """The logs; with a payment token that is not ours, also its logs in transactions of ours, from their receipts."""
    if history.payment_ours:
        return list(history.logs)
    token = history.deployment.address("PaymentToken").lower()
    ours = {str(log["transactionHash"]) for log in history.logs}
    payments = [
        log
        for body in history.bodies
        for receipt in body.receipts
        if str(receipt["transactionHash"]) in ours
        for log in receipt["logs"]
        if str(log["address"]).lower() == token
    ]
    return sorted([*history.logs, *payments], key=lambda log: (quantity(log["blockNumber"]), quantity(log["logIndex"])))


def decoded_events(history: History, verdicts: Verdicts) -> list[ChainEvent]:
    """The events of a history's logs; one that cannot be read, or stands out of order, is a finding."""
    times = {quantity(header["number"]): quantity(header["timestamp"]) for header in history.headers}
    decoder = EventDecoder(history.deployment)
    found: list[ChainEvent] = []
    before = (-1, -1)
    for log in _logs_to_read(history):
        place = (quantity(log["blockNumber"]), quantity(log["logIndex"]))
        where = Where(place[0], octets(log["transactionHash"]), place[1])
        try:
            event = decoder.decode(_decoded_log(log), from_unix_s(times.get(place[0], 0)))
        except (DecodingError, ValueError, OverflowError):
            event = None
        name = "an event" if event is None else event.name
        if (
            verdicts.require(
                DECODABLE, event is not None, "log", where, expected="an event of ours", found="an unknown one"
            )
            and event is not None
        ):
            found.append(event)
        verdicts.require(
            DECODABLE, place > before, f"order of {name}", where, expected=f"after {before}", found=str(place)
        )
        before = place
    return found


def _grouped(events: list[ChainEvent]) -> dict[bytes, list[ChainEvent]]:
    found: dict[bytes, list[ChainEvent]] = {}
    for event in events:
        found.setdefault(event.tx_hash, []).append(event)
    return found


def acts(history: History, events: list[ChainEvent]) -> Iterator[Act]:
    """In chain order: transactions with events of ours, and those that called us and left none."""
    names = {address.lower(): name for name, address in history.deployment.addresses.items()}
    times = {quantity(header["number"]): quantity(header["timestamp"]) for header in history.headers}
    inner: dict[bytes, list[Call]] = {}
    for item in history.inner_calls:
        calls = _calls(names, item.to, item.sender, octets(item.input))
        inner.setdefault(octets(item.transaction), []).extend(calls)
    grouped = _grouped(events)
    for body in sorted(history.bodies, key=lambda item: item.number):
        succeeded = {str(receipt["transactionHash"]) for receipt in body.receipts if quantity(receipt["status"])}
        for transaction in body.transactions:
            if str(transaction["hash"]) not in succeeded:
                continue
            to, identity = str(transaction.get("to") or ""), octets(transaction["hash"])
            called = _calls(names, to, str(transaction["from"]), octets(transaction["input"]))
            left = grouped.pop(identity, [])
            if left or called:
                here = tuple(event for event in left if (event.contract, event.name) not in _UNUSED)
                called += inner.get(identity, [])
                yield Act(identity, body.number, times.get(body.number, 0), here, tuple(called))
    for identity, left in grouped.items():  # their transactions are in no receipt, which `evidence` finds
        first = left[0]
        yield Act(identity, first.block_number, unix_s(first.block_time), tuple(left), ())
