"""On which days a person had its home to itself, by what its households declared. No framework."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeAlias

from backend.ledger.home import Stay

Days: TypeAlias = tuple[date, date]
"""First and last day, both included."""


def _there(stays: Sequence[Stay], day: date) -> set[int]:
    return {one.person_id for one in stays if one.since_on <= day and (one.until_on is None or one.until_on >= day)}


def alone_days(homes: Sequence[Sequence[Stay]], person_id: int, first: date, last: date) -> tuple[Days, ...]:
    """Runs of days from `first` to `last` on which the person lived somewhere and nobody else in any of its homes.
    `homes` has everybody's stays, home by home. Someone without a home is not alone in one.
    """
    runs: list[Days] = []
    day = first
    while day <= last:
        present = [there for stays in homes if person_id in (there := _there(stays, day))]
        if present and all(len(there) == 1 for there in present):
            if runs and runs[-1][1] == day - timedelta(days=1):
                runs[-1] = (runs[-1][0], day)
            else:
                runs.append((day, day))
        day += timedelta(days=1)
    return tuple(runs)
