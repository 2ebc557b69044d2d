"""State behind the rest: Governance's roles and schedules, registered operators, spent numbers, anchored digests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from eth_abi.abi import encode

from backend.audit.questions import Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.timeline import Act
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.keccak import keccak

NUMBER = Check("INV-09", "permissions.number", "a number of a signed act is spent once per account and contract")
ROLE = Check("INV-09", "permissions.role", "a member is granted before it is revoked, and the last admin stays")
SCHEDULE = Check("INV-09", "permissions.schedule", "a delayed act is executed as announced, not before its time, once")
ANCHOR = Check("INV-09", "permissions.anchor", "a digest is anchored once per topic and day, never for a day to come")

CHECKS = (NUMBER, ROLE, SCHEDULE, ANCHOR)

ADMIN_ROLE = 0
SCHEDULE_EXPIRY_S = 7 * 24 * 3_600
_DAY_S = 24 * 3_600


@dataclass
class Delay:
    """A delay that may be about to change (OpenZeppelin Time.Delay). Seconds; `effect_s` 0 when nothing is pending."""

    before: int = 0
    after: int = 0
    effect_s: int = 0

    def at(self, now_s: int) -> int:
        """The delay in force."""
        return self.after if self.effect_s <= now_s else self.before

    def update(self, after: int, effect_s: int, now_s: int) -> None:
        """Announces a change."""
        self.before, self.after, self.effect_s = self.at(now_s), after, effect_s

    def full(self, now_s: int) -> tuple[int, int, int]:
        """In force, pending, and when."""
        return (self.after, 0, 0) if self.effect_s <= now_s else (self.before, self.after, self.effect_s)


@dataclass
class Member:
    """Membership of a role: since when (Unix seconds; 0 is none), and the delay of the member's acts."""

    since_s: int
    delay: Delay


@dataclass
class Permissions:
    """Everything not in another file, keyed as the contracts key it."""

    deployment: Deployment
    verdicts: Verdicts
    registered: dict[str, bool] = field(default_factory=dict)
    numbers: set[tuple[str, str, int]] = field(default_factory=set)
    members: dict[tuple[int, str], Member] = field(default_factory=dict)
    role_admins: dict[int, int] = field(default_factory=dict)
    role_guardians: dict[int, int] = field(default_factory=dict)
    grant_delays: dict[int, Delay] = field(default_factory=dict)
    target_delays: dict[str, Delay] = field(default_factory=dict)
    closed: dict[str, bool] = field(default_factory=dict)
    function_roles: dict[tuple[str, bytes], int] = field(default_factory=dict)
    schedules: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    authorities: dict[str, str] = field(default_factory=dict)
    digests: dict[tuple[bytes, int], bytes] = field(default_factory=dict)
    uri: str = ""

    def __post_init__(self) -> None:
        self._handlers: dict[str, Callable[[ChainEvent, Act], None]] = {
            "NumberUsed": self._number_used,
            "OperatorRegistered": self._operator_registered,
            "UriSet": self._uri_set,
            "AuthorityUpdated": self._authority_updated,
            "Anchored": self._anchored,
            "RoleGranted": self._role_granted,
            "RoleRevoked": self._role_revoked,
            "RoleAdminChanged": self._role_admin_changed,
            "RoleGuardianChanged": self._role_guardian_changed,
            "RoleGrantDelayChanged": self._grant_delay_changed,
            "TargetAdminDelayUpdated": self._target_delay_updated,
            "TargetClosed": self._target_closed,
            "TargetFunctionRoleUpdated": self._function_role_updated,
            "OperationScheduled": self._scheduled,
            "OperationExecuted": self._executed,
            "OperationCanceled": self._cancelled,
        }

    def begin(self, _act: Act) -> None:
        """Nothing is due when a transaction starts."""

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        handler = self._handlers.get(event.name)
        if handler is not None:
            handler(event, act)

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    @property
    def admin_count(self) -> int:
        """Members of ADMIN_ROLE."""
        return sum(1 for (role, _), member in self.members.items() if role == ADMIN_ROLE and member.since_s)

    def _number_used(self, event: ChainEvent, _act: Act) -> None:
        key = (event.contract, event.args["account"], event.args["number"])
        self.verdicts.require(
            NUMBER,
            key not in self.numbers,
            f"number {key[2]} of {key[1]}",
            Where.of(event),
            expected="unused",
            found="used",
        )
        self.numbers.add(key)

    def _operator_registered(self, event: ChainEvent, _act: Act) -> None:
        self.registered[event.args["operator"]] = event.args["registered"]

    def _uri_set(self, event: ChainEvent, _act: Act) -> None:
        self.uri = event.args["uri"]

    def _authority_updated(self, event: ChainEvent, _act: Act) -> None:
        self.authorities[event.contract] = event.args["authority"]

    def _anchored(self, event: ChainEvent, act: Act) -> None:
        topic, day, digest = event.args["topic"], event.args["day"], event.args["digest"]
        fresh = (topic, day) not in self.digests and any(digest) and day <= act.at_s // _DAY_S
        self.verdicts.require(
            ANCHOR,
            fresh,
            f"day {day}",
            Where.of(event),
            expected="a first digest of a day past or present",
            found=digest,
        )
        self.digests[topic, day] = digest

    def _role_granted(self, event: ChainEvent, act: Act) -> None:
        args = event.args
        key = (args["roleId"], args["account"])
        known = self.members.get(key)
        joined = known is None or not known.since_s
        if joined or known is None:
            since_s = act.at_s + self.grant_delays.get(key[0], Delay()).at(act.at_s)
        else:
            since_s = act.at_s + max(0, known.delay.at(act.at_s) - args["delay"])
        self.verdicts.require_equal(
            ROLE,
            f"role {key[0]} of {key[1]}",
            Where.of(event),
            expected=[joined, since_s],
            found=[args["newMember"], args["since"]],
        )
        if known is None or joined:
            self.members[key] = Member(args["since"], Delay(args["delay"], args["delay"]))
        else:
            known.delay.update(args["delay"], args["since"], act.at_s)

    def _role_revoked(self, event: ChainEvent, _act: Act) -> None:
        key = (event.args["roleId"], event.args["account"])
        known = self.members.get(key)
        holds = known is not None and known.since_s > 0 and (key[0] != ADMIN_ROLE or self.admin_count > 1)
        subject = f"role {key[0]} of {key[1]}"
        self.verdicts.require(
            ROLE, holds, subject, Where.of(event), expected="a member, not the last admin", found=self.admin_count
        )
        self.members[key] = Member(0, Delay())

    def _role_admin_changed(self, event: ChainEvent, _act: Act) -> None:
        self.role_admins[event.args["roleId"]] = event.args["admin"]

    def _role_guardian_changed(self, event: ChainEvent, _act: Act) -> None:
        self.role_guardians[event.args["roleId"]] = event.args["guardian"]

    def _grant_delay_changed(self, event: ChainEvent, act: Act) -> None:
        known = self.grant_delays.setdefault(event.args["roleId"], Delay())
        known.update(event.args["delay"], event.args["since"], act.at_s)

    def _target_delay_updated(self, event: ChainEvent, act: Act) -> None:
        known = self.target_delays.setdefault(event.args["target"], Delay())
        known.update(event.args["delay"], event.args["since"], act.at_s)

    def _target_closed(self, event: ChainEvent, _act: Act) -> None:
        self.closed[event.args["target"]] = event.args["closed"]

    def _function_role_updated(self, event: ChainEvent, _act: Act) -> None:
        self.function_roles[event.args["target"], event.args["selector"]] = event.args["roleId"]

    def _scheduled(self, event: ChainEvent, act: Act) -> None:
        args = event.args
        identity = keccak(encode(["address", "address", "bytes"], [args["caller"], args["target"], args["data"]]))
        due_s, nonce = self.schedules.get(args["operationId"], (0, 0))
        fresh = due_s == 0 or due_s + SCHEDULE_EXPIRY_S <= act.at_s
        self.verdicts.require(
            SCHEDULE,
            fresh and args["schedule"] >= act.at_s and (args["operationId"], args["nonce"]) == (identity, nonce + 1),
            "announcement",
            Where.of(event),
            expected=[identity, nonce + 1, f"not before {act.at_s}"],
            found=[args["operationId"], args["nonce"], args["schedule"]],
        )
        self.schedules[args["operationId"]] = (args["schedule"], args["nonce"])

    def _executed(self, event: ChainEvent, act: Act) -> None:
        due_s = self._end_schedule(event)
        holds = 0 < due_s <= act.at_s < due_s + SCHEDULE_EXPIRY_S
        self.verdicts.require(
            SCHEDULE, holds, "execution", Where.of(event), expected=f"a week from {due_s}", found=act.at_s
        )

    def _cancelled(self, event: ChainEvent, _act: Act) -> None:
        due_s = self._end_schedule(event)
        self.verdicts.require(SCHEDULE, due_s > 0, "cancellation", Where.of(event), expected="a schedule", found=due_s)

    def _end_schedule(self, event: ChainEvent) -> int:
        """Forgets an announced act; returns when it was due, Unix seconds, 0 if it was not announced."""
        due_s, nonce = self.schedules.get(event.args["operationId"], (0, 0))
        self.verdicts.require_equal(
            SCHEDULE, "announced act", Where.of(event), expected=nonce, found=event.args["nonce"]
        )
        self.schedules[event.args["operationId"]] = (0, event.args["nonce"])
        return due_s

    def questions(self, head_s: int) -> Iterator[Question]:
        """All of it."""
        for operator, registered in self.registered.items():
            yield Question("CarbonCredit", "isRegisteredOperator", (operator,), (registered,))
        for contract, account, number in sorted(self.numbers):
            yield Question(contract, "numberUsed", (account, number), (True,))
        for (topic, day), digest in self.digests.items():
            yield Question("Anchors", "digestOf", (topic, day), (digest,))
        yield Question("CarbonCredit", "uri", (0,), (self.uri,))
        for contract, authority in self.authorities.items():  # a payment token that is not ours tells none
            yield Question(contract, "authority", (), (authority,))
        yield from self._governance_questions(head_s)

    def _governance_questions(self, head_s: int) -> Iterator[Question]:
        yield Question("Governance", "adminCount", (), (self.admin_count,))
        for (role, account), member in self.members.items():
            access = (member.since_s, *member.delay.full(head_s))
            yield Question("Governance", "getAccess", (role, account), access)
        for role, admin in self.role_admins.items():
            yield Question("Governance", "getRoleAdmin", (role,), (admin,))
        for role, guardian in self.role_guardians.items():
            yield Question("Governance", "getRoleGuardian", (role,), (guardian,))
        for role, delay in self.grant_delays.items():
            yield Question("Governance", "getRoleGrantDelay", (role,), (delay.at(head_s),))
        for target, delay in self.target_delays.items():
            yield Question("Governance", "getTargetAdminDelay", (target,), (delay.at(head_s),))
        for target, closed in self.closed.items():
            yield Question("Governance", "isTargetClosed", (target,), (closed,))
        for (target, selector), role in self.function_roles.items():
            yield Question("Governance", "getTargetFunctionRole", (target, selector), (role,))
        for operation, (scheduled_s, nonce) in self.schedules.items():
            live_s = 0 if scheduled_s + SCHEDULE_EXPIRY_S <= head_s else scheduled_s
            yield Question("Governance", "getSchedule", (operation,), (live_s,))
            yield Question("Governance", "getNonce", (operation,), (nonce,))
