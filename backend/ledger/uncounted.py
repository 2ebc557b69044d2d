"""What is accepted and yet counts for nothing of a person's, or for more than one may think, in words for that person.
No framework.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from backend.footprint.activity import Activity
from backend.footprint.place import place_of
from backend.footprint.span import local_days
from backend.ledger.home import Stay
from backend.ledger.notices import Notice


def activity_notices(activity: Activity, joined_on: date) -> list[Notice]:
    """That what lies before joining is not of the person's ledger."""
    first, last = local_days(activity.span, place_of(activity.place).zone)
    if first >= joined_on:
        return []
    if last < joined_on:
        return [
            Notice(
                "before_joining",
                f"It was over before you joined on {joined_on}, so it counts for nothing of yours.",
                f"该活动在您加入（{joined_on}）之前已结束，不计入您的账户。",
            )
        ]
    return [
        Notice(
            "partly_before_joining",
            f"Only its part from {joined_on} on, when you joined, counts for you.",
            f"仅您加入（{joined_on}）之后的部分计入您的账户。",
        )
    ]


def file_notices(activities: Sequence[Activity], joined_on: date) -> tuple[Notice, ...]:
    """The same of a file, in one sentence."""
    lasts = [local_days(one.span, place_of(one.place).zone)[1] for one in activities]
    early, count = sum(last < joined_on for last in lasts), len(activities)
    if not early:
        return ()
    return (
        Notice(
            "before_joining",
            f"{early} of {count}: over before you joined on {joined_on}, so they count for nothing of yours",
            f"{count} 项中有 {early} 项在您加入（{joined_on}）之前已结束，不计入您的账户。",
        ),
    )


def stay_notices(since_on: date, joined_on: date, elsewhere: Iterable[tuple[str, Stay]]) -> list[Notice]:
    """What to know of moving into a home on a day. `elsewhere` are the person's stays in other homes, each with the
    home's code.
    """
    found = []
    if since_on < joined_on:
        found.append(
            Notice(
                "before_joining",
                f"You joined on {joined_on}: your days in this home before that count for nothing of yours.",
                f"您于 {joined_on} 加入：此前在该住所的日子不计入您的账户。",
            )
        )
    codes = [code for code, stay in elsewhere if stay.until_on is None or stay.until_on >= since_on]
    if codes:
        named = ", ".join(codes)
        found.append(
            Notice(
                "other_home",
                f"You live in {named} at the same time: the energy of each counts for you, and each needs its "
                f"readings. If you moved, move out of {codes[0]} with the day that was your last there.",
                f"您同时居住在 {named}：各住所的用能均计入您的账户，且都需要读数。如已搬离，"
                f"请从 {codes[0]} 搬出，并登记最后一日。",
            )
        )
    return found
