"""How often an address and an account may ask: a bucket of points each, filled at a steady rate, emptied by what is
asked. What costs what is published (`GET /limits`).

In this process's memory, so a second process gives everybody a second bucket (docs/adr/0023). Integers only: a bucket
is kept in thousandths of a point, time in milliseconds.
"""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from backend.kernel.errors import Throttled

BUCKETS_MAX = 50_000
"""Buckets of one kind that are kept; beyond that the oldest is forgotten, which only ever gives somebody points."""

BURST_S = 10
"""Seconds of the rate that a full bucket holds."""

COSTS: dict[tuple[str, str], int] = {
    ("POST", "/orders"): 2,
    ("POST", "/orders/batch"): 32,
    ("POST", "/orders/validate"): 4,
    ("POST", "/orders/preview"): 4,
    ("POST", "/orders/plan"): 8,
    ("POST", "/orders/cancel/batch"): 8,
    ("POST", "/orders/cancel"): 1,
    ("DELETE", "/orders"): 2,
    ("POST", "/sessions"): 5,
    ("POST", "/faucet"): 10,
}
"""Points by method and path, where they are not the rest's."""

READ_COST = 1
OTHER_COST = 2
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MILLI = 1000


class TooManyRequests(Throttled):
    """An address or an account has used up its points for now."""

    code = "access.too_many_requests"

    def __init__(self, whose: str, points_per_s: int, retry_after_s: int) -> None:
        super().__init__(
            f"this {whose} may spend {points_per_s} points a second; try again in {retry_after_s} s (GET /limits)",
            retry_after_s=retry_after_s,
            limited=whose,
            points_per_s=points_per_s,
        )


def cost_of(method: str, path: str) -> int:
    """The points that a request costs."""
    return COSTS.get((method, path)) or (READ_COST if method in _SAFE else OTHER_COST)


def monotonic_ms() -> int:
    """Milliseconds of a clock that nobody sets back."""
    return time.monotonic_ns() // 1_000_000


class Buckets:
    """One bucket for each name. Thread-safe."""

    def __init__(self, whose: str, points_per_s: int, now_ms: Callable[[], int] = monotonic_ms) -> None:
        self.whose = whose
        self.points_per_s = points_per_s
        self.burst = points_per_s * BURST_S
        self._now_ms = now_ms
        self._lock = Lock()
        self._held: dict[str, tuple[int, int]] = {}
        """Name -> thousandths of points, and when that was."""

    def take(self, name: str, points: int) -> None:
        """Takes points out. Raises TooManyRequests, and takes none, if there are too few; a cost beyond the burst is
        served by a full bucket.
        """
        full = self.burst * _MILLI
        wanted = min(points * _MILLI, full)
        now = self._now_ms()
        with self._lock:
            held, at = self._held.get(name, (full, now))
            held = min(full, held + (now - at) * self.points_per_s)
            missing = wanted - held
            if missing <= 0:
                self._put(name, held - wanted, now)
                return
        milliseconds = -(-missing // self.points_per_s)
        raise TooManyRequests(self.whose, self.points_per_s, -(-milliseconds // _MILLI))

    def _put(self, name: str, held: int, now: int) -> None:
        self._held.pop(name, None)
        if len(self._held) >= BUCKETS_MAX:
            del self._held[next(iter(self._held))]
        self._held[name] = (held, now)

    def __len__(self) -> int:
        return len(self._held)


@dataclass(frozen=True)
class Limits:
    """The two kinds of buckets of one process."""

    addresses: Buckets
    accounts: Buckets

    @classmethod
    def of(
        cls, *, address_points_per_s: int, account_points_per_s: int, now_ms: Callable[[], int] = monotonic_ms
    ) -> "Limits":
        """At these rates."""
        return cls(Buckets("address", address_points_per_s, now_ms), Buckets("account", account_points_per_s, now_ms))

    def take_address(self, host: str, points: int) -> None:
        """Takes points of a network address; of an IPv6 address those of its /64, which one host has whole. Raises
        TooManyRequests.
        """
        self.addresses.take(network_of(host), points)

    def take_account(self, account: str, points: int) -> None:
        """Takes points of an account, once it is proven who asks. Raises TooManyRequests."""
        self.accounts.take(account, points)


def network_of(host: str) -> str:
    """Whose bucket a client address shares."""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return host
