"""Kinds of activity as JSON shows them: what can be counted, and in which units it may be given."""

from backend.access.wire import Wire
from backend.footprint.kind import KINDS, METERED
from backend.footprint.quantity import accepted_for


class KindOut(Wire):
    """A kind of activity. `unit` is what it is kept in, `accepted` what it may be given in."""

    name: str
    category: str
    unit: str
    accepted: list[str]
    stream: str
    """A month of the category counts as measured when every stream is covered."""
    is_metered: bool
    """Whether it belongs to a home and needs the number of its meter or supplier's account."""
    instead: str | None
    """Set for a kind that is only shown to compare: the kind to enter."""


class KindsOut(Wire):
    """Every kind, category by category."""

    kinds: list[KindOut]


def kinds_out() -> KindsOut:
    """Every kind with the units it may be given in."""
    return KindsOut(
        kinds=[
            KindOut(
                name=one.name,
                category=one.category,
                unit=one.unit,
                accepted=list(accepted_for(one)),
                stream=one.stream,
                is_metered=one.category in METERED,
                instead=one.instead,
            )
            for one in KINDS.values()
        ]
    )
