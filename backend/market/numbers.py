"""Order numbers: the book hands them out, each to one maker, and takes an order only under a number of its maker's,
once.

They are dense small integers (the top bit, a maker's own space on the chain, is never set): the Exchange keeps 128
orders' status in one word, and neighbours share the price of writing it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from backend.kernel.clock import iso
from backend.kernel.errors import Conflict, InvalidInput, RuleViolated
from backend.market.memory import Leased
from backend.market.tables import NumberLease, OrderRow

COUNT_MAX = 256
"""Numbers in one lease."""

OUTSTANDING_MAX = 1024
"""Numbers one maker may hold without having used them."""

LEASE = timedelta(days=1)
"""How long a number may wait for its order."""


class NumberCountOutOfRange(InvalidInput):
    """Too many numbers asked for at once, or none."""

    code = "market.number_count_out_of_range"

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} numbers asked for; 1 to {COUNT_MAX} at once", count=count, count_max=COUNT_MAX)


class NumbersExhausted(RuleViolated):
    """The maker holds enough numbers."""

    code = "market.numbers_exhausted"

    def __init__(self, outstanding: int) -> None:
        super().__init__(
            f"{outstanding} numbers are leased and unused; at most {OUTSTANDING_MAX}: use them or let them expire",
            outstanding=outstanding,
            outstanding_max=OUTSTANDING_MAX,
        )


class NumberNotLeased(RuleViolated):
    """A number that was not handed to this maker."""

    code = "market.number_not_leased"

    def __init__(self, number: int) -> None:
        super().__init__(f"number {number} was not handed to this maker: POST /orders/numbers", number=number)


class NumberLeaseExpired(RuleViolated):
    """A number that waited too long for its order."""

    code = "market.number_lease_expired"

    def __init__(self, number: int, expired_at: datetime) -> None:
        super().__init__(
            f"number {number} was to be used until {iso(expired_at)}: POST /orders/numbers",
            number=number,
            expired_at=iso(expired_at),
        )


class NumberUsed(Conflict):
    """Another order came in under that number."""

    code = "market.number_used"

    def __init__(self, number: int) -> None:
        super().__init__(f"an order was already accepted under number {number}", number=number)


@dataclass(frozen=True)
class Lease:
    """Numbers `first` to `last`, both included, to be used until `expires_at`."""

    first: int
    last: int
    expires_at: datetime


def lease(session: Session, maker: str, count: int, now: datetime) -> Lease:
    """Hands out the next `count` numbers. Raises NumberCountOutOfRange or NumbersExhausted."""
    if not 1 <= count <= COUNT_MAX:
        raise NumberCountOutOfRange(count)
    outstanding = _outstanding(session, maker, now)
    if outstanding + count > OUTSTANDING_MAX:
        raise NumbersExhausted(outstanding)
    first = (session.exec(select(func.max(NumberLease.last))).one() or 0) + 1
    row = NumberLease(first=first, last=first + count - 1, maker=maker, expires_at=now + LEASE)
    session.add(row)
    return Lease(row.first, row.last, row.expires_at)


def check_leased(leased: Leased | None, maker: str, number: int, now: datetime) -> None:
    """Raises NumberNotLeased or NumberLeaseExpired unless the maker may use the number, of this lease, now."""
    if leased is None or leased.maker != maker:
        raise NumberNotLeased(number)
    if leased.expires_at <= now:
        raise NumberLeaseExpired(number, leased.expires_at)


def _outstanding(session: Session, maker: str, now: datetime) -> int:
    query = select(NumberLease).where(NumberLease.maker == maker, col(NumberLease.expires_at) > now)
    total = 0
    for row in session.exec(query).all():
        within = col(OrderRow.number).between(row.first, row.last)
        used = session.exec(select(func.count(func.distinct(OrderRow.number))).where(within)).one()
        total += row.last - row.first + 1 - used
    return total
