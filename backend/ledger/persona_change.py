"""Renewing a persona: when its year comes to something else, its file gets a change with the reason."""

import json
from collections.abc import Mapping
from datetime import date

from backend.kernel.errors import InvalidInput
from backend.ledger.persona import Persona

REASON_WORDS = 3


class ReasonMissing(InvalidInput):
    """A persona's figures moved and nobody says why."""

    code = "persona.reason_missing"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"say in at least {REASON_WORDS} words why the figures move, not {reason!r}", reason=reason[:200]
        )


def acknowledged(persona: Persona, totals: Mapping[str, int]) -> bool:
    """Whether the newest change of a persona's file says what its year comes to."""
    return bool(persona.changes) and dict(persona.changes[-1].after) == dict(totals)


def _table(values: Mapping[str, int]) -> str:
    return "{ " + ", ".join(f"{name} = {value:_}" for name, value in values.items()) + " }"


def change_text(persona: Persona, totals: Mapping[str, int], *, on: date, reason: str) -> str:
    """The lines to add to a persona's file so that it says what its year comes to. Raises ReasonMissing."""
    if len(reason.split()) < REASON_WORDS:
        raise ReasonMissing(reason)
    lines = ["", "[[changes]]", f"on = {on.isoformat()}", f"reason = {json.dumps(reason, ensure_ascii=False)}"]
    if persona.changes:
        lines.append(f"from = {_table(persona.changes[-1].after)}")
    return "\n".join([*lines, f"to = {_table(totals)}", ""])
