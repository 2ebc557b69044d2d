"""Which policy a person's vintage is under, and for which days. No framework.

A mover has one statement per vintage, in the class of the region of 31 December (or of the last day). Days lived before
in another region that a policy governs accrue, category by category, the smaller of the two budgets and count at the
higher of the two defaults, so that no choice of a region earns more than living in the stricter one. A year starts
with moving in from where no policy governs, and ends with moving away to there.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from backend.ledger.accrual import Elsewhere, Membership, NotAMember, membership_of
from backend.ledger.policy import Policy, PolicySet
from backend.ledger.residence import Residence, region_on

Run = tuple[date, date, str]
"""First day, last day, region."""


def runs_in(residences: Sequence[Residence], first: date, last: date) -> list[Run]:
    """The days from `first` to `last`, cut where the region changes."""
    starts = sorted({first, *(one.since_on for one in residences if first < one.since_on <= last)})
    ends = [start - timedelta(days=1) for start in starts[1:]] + [last]
    return [(start, end, region_on(list(residences), start)) for start, end in zip(starts, ends, strict=True)]


def seat_of(
    policies: PolicySet,
    residences: Sequence[Residence],
    *,
    vintage: int,
    joined_on: date,
    left_on: date | None,
    born_on: date | None,
) -> tuple[Policy, Membership, tuple[Run, ...]]:
    """The policy of a vintage, the person's days under it, and where it belonged on them.

    Raises PolicyUnknown, NotAMember.
    """
    try:
        whole = membership_of(vintage, joined_on, left_on, born_on)
    except NotAMember:
        policies.governing(region_on(list(residences), date(vintage, 12, 31)), vintage)
        raise
    runs = runs_in(residences, whole.first, whole.last)
    while len(runs) > 1 and policies.find(runs[-1][2], vintage) is None:
        runs.pop()
    policy = policies.governing(runs[-1][2], vintage)
    governed = [runs[-1]]
    for run in reversed(runs[:-1]):
        if policies.find(run[2], vintage) is None:
            break
        governed.insert(0, run)
    elsewhere = tuple(
        Elsewhere(first, last, policies.governing(region, vintage))
        for first, last, region in governed
        if region != policy.region
    )
    member = Membership(vintage, governed[0][0], governed[-1][1], born_on, elsewhere)
    return policy, member, tuple(governed)
