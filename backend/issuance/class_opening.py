"""Credit classes that adopted policies need and the chain lacks: governance announces each, and creates it when the
announced time has come. With a policy of a new vintage a deployment is one class short, however old it is.

Governance is slow on purpose (DESIGN section 5): two days lie between the two acts. A class is needed when the first
batch of its vintage is anchored, after the year.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from web3 import Web3

from backend.chain.class_id import SIMULATED, pack
from backend.chain.contracts import Contracts
from backend.chain.deploy import ClassSpec, class_arguments
from backend.chain.keys import Signer
from backend.chain.rpc import LOCAL_CHAIN_ID
from backend.kernel.clock import Clock, from_unix_s
from backend.kernel.errors import RuleViolated
from backend.ledger.policy import PolicySet
from backend.link.desk import Desk, Sent
from backend.link.node import translated


class ClassRefused(RuleViolated):
    """Governance, or CarbonCredit, refuses the class."""

    code = "class.refused"

    def __init__(self, class_code: str, why: str) -> None:
        super().__init__(f"class {class_code} is refused: {why}", credit_class=class_code, why=why)


class Standing(StrEnum):
    """Where a class that a policy needs stands."""

    MISSING = "missing"
    ANNOUNCED = "announced"
    OPEN = "open"


@dataclass(frozen=True)
class ClassStanding:
    """A class and where it stands; `due_at` is from when on it can be created, once it was announced."""

    code: str
    standing: Standing
    due_at: datetime | None = None


def class_specs(policies: PolicySet) -> tuple[ClassSpec, ...]:
    """One class per policy, its cap the policy's region cap, in the order of the policies' ids."""
    return tuple(
        ClassSpec(
            region=policy.region,
            vintage=policy.vintage,
            methodology=policy.methodology,
            cap_gco2e=policy.region_cap_gco2e,
            buffer_rate_bps=policy.buffer_bps,
        )
        for _, policy in sorted(policies.by_id.items())
    )


def code_of(spec: ClassSpec) -> str:
    """Such as `CN-SC/2025/SIM`."""
    return f"{spec.region}/{spec.vintage}/{spec.methodology}"


def missing_classes(contracts: Contracts, specs: Iterable[ClassSpec]) -> list[ClassSpec]:
    """Those that the chain lacks; of simulated ones none elsewhere than on the local chain, which alone takes them.

    Raises NodeUnavailable.
    """
    cap_of = contracts.credit.functions.capOf
    is_local = contracts.deployment.chain_id == LOCAL_CHAIN_ID
    taken = [spec for spec in specs if is_local or spec.methodology != SIMULATED]
    with translated():
        return [spec for spec in taken if cap_of(pack(spec.region, spec.vintage, spec.methodology)).call() == 0]


class GovernorDesk:
    """One governor at one node. The chain knows what is announced and what is there, so nothing is done twice."""

    def __init__(self, contracts: Contracts, governor: Signer, clock: Clock) -> None:
        self._contracts, self._governor, self._clock = contracts, governor, clock
        self._desk = Desk(contracts, governor)
        self._credit = Web3.to_checksum_address(contracts.deployment.address("CarbonCredit"))

    def open(self, specs: Iterable[ClassSpec]) -> list[ClassStanding]:
        """Takes each missing class one step further, if its time has come; where each stands then.

        Raises ClassRefused, NodeUnavailable.
        """
        return [self._step(spec) for spec in missing_classes(self._contracts, specs)]

    def _step(self, spec: ClassSpec) -> ClassStanding:
        data = self._contracts.encode("CarbonCredit", "createClass", class_arguments(spec))
        if self._is_immediate(data):
            return self._created(spec, "CarbonCredit", data)
        due_at = self._due_at(data)
        if due_at is None:
            self._send(spec, "Governance", self._contracts.encode("Governance", "schedule", [self._credit, data, 0]))
            due_at = self._due_at(data)
        elif due_at <= self._clock.now():
            return self._created(
                spec, "Governance", self._contracts.encode("Governance", "execute", [self._credit, data])
            )
        return ClassStanding(code_of(spec), Standing.ANNOUNCED, due_at)

    def _created(self, spec: ClassSpec, contract: str, data: bytes) -> ClassStanding:
        sent = self._send(spec, contract, data)
        return ClassStanding(code_of(spec), Standing.ANNOUNCED if sent.receipt is None else Standing.OPEN)

    def _is_immediate(self, data: bytes) -> bool:
        """Whether this governor acts without delay, as one of a small deployment may."""
        asked = self._contracts.governance.functions.canCall(self._governor.address, self._credit, data[:4])
        with translated():
            immediate, _delay_s = asked.call()
        return bool(immediate)

    def _due_at(self, data: bytes) -> datetime | None:
        """From when on the announced act can be done; None if it was not announced, or so long ago that it lapsed."""
        functions = self._contracts.governance.functions
        with translated():
            operation = functions.hashOperation(self._governor.address, self._credit, data).call()
            due_s = int(functions.getSchedule(operation).call())
        return from_unix_s(due_s) if due_s else None

    def _send(self, spec: ClassSpec, contract: str, data: bytes) -> Sent:
        sent = self._desk.send(contract, data)
        if not isinstance(sent, Sent):
            raise ClassRefused(code_of(spec), sent)
        return sent


def in_words(standings: Sequence[ClassStanding]) -> list[str]:
    """A sentence for each."""
    return [
        f"Class {one.code} {_WORDS[one.standing]}"
        + (f" from {one.due_at:%Y-%m-%d %H:%M} UTC on." if one.due_at else ".")
        for one in standings
    ]


_WORDS = {
    Standing.MISSING: "is missing",
    Standing.ANNOUNCED: "is announced; governance can create it",
    Standing.OPEN: "was created",
}
