"""INV-01: per class issued = held + buffer + retired + cancelled <= surpluses anchored; budgets anchored <= cap."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from backend.audit.holdings import NOBODY, Holdings
from backend.audit.questions import Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.timeline import Act
from backend.chain.class_id import SIMULATED, ClassIdMalformed, pack
from backend.chain.events import ChainEvent
from backend.chain.rpc import LOCAL_CHAIN_ID

CLASS = Check("INV-01", "supply.class", "a class is opened once, its id packs its fields, SIM only on the local chain")
IDENTITY = Check("INV-01", "supply.identity", "issued = held + buffer + retired + cancelled, per class, after each act")
CAP = Check("INV-01", "supply.cap", "budgets anchored never exceed the class's cap")
SURPLUS = Check("INV-01", "supply.surplus", "issued never exceeds surpluses anchored, nor a surplus its budgets")
MINTS = Check(
    "INV-01", "supply.mints_explained", "each mint is an Issued, each burn a retirement or a refill of the buffer"
)
BUFFER = Check("INV-01", "supply.buffer", "the buffer is cancelled only against recorded reversals or at its term")
RETIRED = Check("INV-06", "supply.retired", "retired grams only grow, each by grams that left a balance for ever")

CHECKS = (CLASS, IDENTITY, CAP, SURPLUS, MINTS, BUFFER, RETIRED)

BUFFER_RATE_BPS_MAX = 5_000
BUFFER_TERM_S = 1_095 * 24 * 3_600
_PURPOSE_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


@dataclass
class CreditClass:
    """Totals of a class in grams; times in Unix seconds. `cancelled` includes `expired`."""

    cap: int
    rate_bps: int
    budgets: int = 0
    surplus: int = 0
    issued: int = 0
    retired: int = 0
    cancelled: int = 0
    buffer: int = 0
    reversed_gco2e: int = 0
    stopped_at_s: int = 0
    stopped_s: int = 0
    buffer_expires_at_s: int = 0
    expired: int = 0

    @property
    def owed(self) -> int:
        """Reversals not yet met by cancellations."""
        return self.reversed_gco2e - (self.cancelled - self.expired)

    def stopped_s_until(self, at_s: int) -> int:
        """How long minting had been stopped in all by then."""
        return self.stopped_s + (at_s - self.stopped_at_s if self.stopped_at_s else 0)

    @property
    def row(self) -> tuple[int | bool, ...]:
        """As `classOf` answers."""
        totals = (self.cap, self.budgets, self.surplus, self.issued, self.retired, self.cancelled, self.buffer)
        times = (self.stopped_at_s, self.stopped_s, self.buffer_expires_at_s)
        return (*totals, self.reversed_gco2e, self.rate_bps, True, *times, self.expired)


@dataclass
class Supply:
    """Classes and retired balances (by beneficiary and class id), from CarbonCredit's events."""

    chain_id: int
    verdicts: Verdicts
    holdings: Holdings
    classes: dict[int, CreditClass] = field(default_factory=dict)
    retired: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    touched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._handlers: dict[str, Callable[[ChainEvent, Act], None]] = {
            "ClassCreated": self._created,
            "SurplusAnchored": self._anchored,
            "Issued": self._issued,
            "Retired": self._retired,
            "ReversalRecorded": self._reversed,
            "BufferCancelled": self._cancelled,
            "BufferExpired": self._expired,
            "BufferRefilled": self._refilled,
        }

    def begin(self, _act: Act) -> None:
        """A transaction starts."""
        self.touched = set()

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        handler = self._handlers.get(event.name) if event.contract == "CarbonCredit" else None
        if handler is not None:
            self.touched.add(event.args["classId"])
            handler(event, act)

    def _class_of(self, event: ChainEvent) -> CreditClass:
        """The class an event names; an unknown one is a finding and counts from zero."""
        class_id = event.args["classId"]
        self.verdicts.require(
            CLASS,
            class_id in self.classes,
            f"class {class_id} of {event.name}",
            Where.of(event),
            expected="an open class",
            found="none",
        )
        return self.classes.setdefault(class_id, CreditClass(0, 0))

    def _created(self, event: ChainEvent, _act: Act) -> None:
        args, where, subject = event.args, Where.of(event), f"class {event.args['classId']}"
        region, methodology = (
            args[name].rstrip(b"\0").decode("ascii", "replace") for name in ("region", "methodology")
        )
        try:
            expected: int | str = pack(region, args["vintage"], methodology)
        except ClassIdMalformed as failure:
            expected = failure.message
        self.verdicts.require_equal(CLASS, "class id", where, expected=expected, found=args["classId"])
        local = methodology != SIMULATED or self.chain_id == LOCAL_CHAIN_ID
        self.verdicts.require(
            CLASS, local, subject, where, expected=f"SIM only on chain {LOCAL_CHAIN_ID}", found=self.chain_id
        )
        self.verdicts.require(
            CLASS,
            args["classId"] not in self.classes and args["cap"] > 0 and args["bufferRateBps"] <= BUFFER_RATE_BPS_MAX,
            subject,
            where,
            expected=f"opened once, with a cap and a buffer rate of at most {BUFFER_RATE_BPS_MAX}",
            found=f"cap {args['cap']}, rate {args['bufferRateBps']}",
        )
        self.classes.setdefault(args["classId"], CreditClass(args["cap"], args["bufferRateBps"]))

    def _anchored(self, event: ChainEvent, act: Act) -> None:
        known, args, where = self._class_of(event), event.args, Where.of(event)
        known.budgets += args["budgets"]
        known.surplus += args["surplus"]
        known.buffer_expires_at_s = act.at_s + BUFFER_TERM_S
        subject = f"class {args['classId']}"
        self.verdicts.require(
            CAP, known.budgets <= known.cap, subject, where, expected=f"at most {known.cap}", found=known.budgets
        )
        self.verdicts.require(
            SURPLUS,
            args["surplus"] <= args["budgets"],
            subject,
            where,
            expected=f"a surplus of at most {args['budgets']}",
            found=args["surplus"],
        )

    def _issued(self, event: ChainEvent, _act: Act) -> None:
        known, args = self._class_of(event), event.args
        known.issued += args["amount"] + args["bufferAmount"]
        known.buffer += args["bufferAmount"]
        self.verdicts.require(
            SURPLUS,
            known.issued <= known.surplus,
            f"class {args['classId']}",
            Where.of(event),
            expected=f"at most {known.surplus} issued",
            found=known.issued,
        )

    def _retired(self, event: ChainEvent, _act: Act) -> None:
        args = event.args
        self._class_of(event).retired += args["amount"]
        self.retired[args["beneficiary"], args["classId"]] += args["amount"]
        plain = 1 <= len(args["purpose"]) <= 32 and set(args["purpose"]) <= _PURPOSE_LETTERS
        self.verdicts.require(
            RETIRED,
            args["amount"] > 0 and plain and args["beneficiary"] != NOBODY,
            f"retirement of {args['account']}",
            Where.of(event),
            expected="some grams, for somebody, with a purpose of one plain word",
            found=f"{args['amount']} for {args['beneficiary']}: {args['purpose']!r}",
        )

    def _reversed(self, event: ChainEvent, act: Act) -> None:
        known, amount = self._class_of(event), event.args["amount"]
        self._require_buffer(event, 0 < amount <= known.issued - known.reversed_gco2e, "some grams, of those issued")
        known.reversed_gco2e += amount
        known.stopped_at_s = known.stopped_at_s or act.at_s

    def _cancelled(self, event: ChainEvent, act: Act) -> None:
        known, amount = self._class_of(event), event.args["amount"]
        available = min(known.buffer, known.owed)
        self._require_buffer(event, 0 < amount <= available, f"1 to {available}")
        known.buffer -= amount
        known.cancelled += amount
        if known.owed == 0 and known.stopped_at_s:
            elapsed, known.stopped_at_s = act.at_s - known.stopped_at_s, 0
            known.stopped_s += elapsed
            known.buffer_expires_at_s += elapsed

    def _expired(self, event: ChainEvent, act: Act) -> None:
        known, amount = self._class_of(event), event.args["amount"]
        due = not known.stopped_at_s and act.at_s >= known.buffer_expires_at_s
        expected = f"all of {known.buffer}, not before {known.buffer_expires_at_s}"
        self._require_buffer(event, due and 0 < amount == known.buffer, expected)
        known.buffer -= amount
        known.cancelled += amount
        known.expired += amount

    def _refilled(self, event: ChainEvent, _act: Act) -> None:
        self._class_of(event).buffer += event.args["amount"]
        self._require_buffer(event, event.args["amount"] > 0, "some grams")

    def _require_buffer(self, event: ChainEvent, holds: bool, expected: str) -> None:
        subject = f"{event.name} of class {event.args['classId']}"
        self.verdicts.require(BUFFER, holds, subject, Where.of(event), expected=expected, found=event.args["amount"])

    def end(self, act: Act) -> None:
        """The identity of each class touched, and the mints and burns of the transaction."""
        moves = self.holdings.credit_moved
        self.touched.update(move.class_id for move in moves if NOBODY in {move.sender, move.receiver})
        for class_id in sorted(self.touched):
            known = self.classes.get(class_id, CreditClass(0, 0))
            found = self.holdings.held[class_id] + known.buffer + known.retired + known.cancelled
            self.verdicts.require_equal(IDENTITY, f"class {class_id}", act.where, expected=known.issued, found=found)
        minted = Counter((m.receiver, m.class_id, m.amount_gco2e) for m in moves if m.sender == NOBODY)
        burned = Counter((m.sender, m.class_id, m.amount_gco2e) for m in moves if m.receiver == NOBODY)
        self._explain("mints", minted, act, "Issued")
        self._explain("burns", burned, act, "Retired", "BufferRefilled")

    def _explain(self, what: str, moved: Counter[tuple[str, int, int]], act: Act, *names: str) -> None:
        events = act.events_of("CarbonCredit", *names)
        said = Counter((event.args["account"], event.args["classId"], event.args["amount"]) for event in events)
        if moved or said:
            self.verdicts.require(
                MINTS,
                moved == said,
                what,
                act.where,
                expected=[list(key) for key in sorted(said.elements())],
                found=[list(key) for key in sorted(moved.elements())],
            )

    def questions(self, head_s: int) -> Iterator[Question]:
        """Every class and retired balance an event ever mentioned."""
        for class_id, known in self.classes.items():
            yield Question("CarbonCredit", "classOf", (class_id,), (known.row,))
            yield Question("CarbonCredit", "stoppedSecondsOf", (class_id,), (known.stopped_s_until(head_s),))
        for (account, class_id), amount in self.retired.items():
            yield Question("CarbonCredit", "retiredOf", (account, class_id), (amount,))
