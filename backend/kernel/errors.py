"""Errors as types: a stable `code`, a sentence, and fields that say what was wrong and what would be right.

Five families decide the HTTP status at the edge (`access.problems`), never here. Each room defines its own errors
beside the rule that raises them.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeAlias

Field: TypeAlias = "str | int | bool | list[str] | Sequence[Fields] | None"
Fields: TypeAlias = Mapping[str, Field]
"""What an error says beside its sentence; one of many things wrong may say as much for itself."""


class TanyuError(Exception):
    """Every error expected in normal operation. `fields` are JSON values; integers are grams, lots or base units."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **fields: Field) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields


class InvalidInput(TanyuError):
    """What was given is malformed or out of range; nothing was done."""

    code = "input.invalid"


class RuleViolated(TanyuError):
    """Well-formed, but a rule of the ledger, the market or a policy forbids it; nothing was done."""

    code = "rule.violated"


class Conflict(TanyuError):
    """It collides with what is already there."""

    code = "conflict"


class NotFound(TanyuError):
    """What was named does not exist, or the caller may not know that it does."""

    code = "not_found"


class Gone(NotFound):
    """It was there and was erased on purpose, for good."""

    code = "gone"


class Unauthenticated(TanyuError):
    """Nobody is signed in, or the proof of who they are is not valid."""

    code = "auth.required"


class Forbidden(TanyuError):
    """The caller is known and may not do this."""

    code = "auth.forbidden"


class Unavailable(TanyuError):
    """The chain or the database cannot serve now; trying again later is right."""

    code = "unavailable"


class Throttled(TanyuError):
    """Asked more often than allowed; asking again after `retry_after_s` seconds is right."""

    code = "throttled"

    def __init__(self, message: str, *, retry_after_s: int, **fields: Field) -> None:
        super().__init__(message, retry_after_s=retry_after_s, **fields)
        self.retry_after_s = retry_after_s
