"""Pages of a list: some items, and an opaque cursor for the next ones. Every list that can grow has this shape.

A cursor is what the last item was sorted by, with the list's name, so that one list's cursor is refused by another. It
means the same however many items were added meanwhile.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeAlias, TypeVar

from fastapi import Query

from backend.access.wire import Wire
from backend.kernel.errors import InvalidInput

Item = TypeVar("Item")
Row = TypeVar("Row")

CURSOR_LENGTH_MAX = 200
_KEY_MAX = 2**63 - 1

PageCursor: TypeAlias = Annotated[
    str | None, Query(max_length=CURSOR_LENGTH_MAX, description="The `next` of the page before; nothing for the first.")
]
"""Where a page begins. Give it the default None in the route."""


class CursorMalformed(InvalidInput):
    """Not a cursor of this list."""

    code = "input.cursor_malformed"

    def __init__(self, name: str) -> None:
        super().__init__(f"the cursor is not one of {name}: give the `next` of its last page, or none", expected=name)


class Page(Wire, Generic[Item]):
    """Some items of a list. `next`: the cursor of those after them; null at the end."""

    items: tuple[Item, ...]
    next: str | None


def cursor_of(name: str, *key: int) -> str:
    """The cursor of a list's item that is sorted by these numbers."""
    return urlsafe_b64encode(json.dumps([name, *key], separators=(",", ":")).encode()).rstrip(b"=").decode()


def key_of(name: str, cursor: str | None, parts: int) -> tuple[int, ...] | None:
    """What the item was sorted by, so many numbers; None without a cursor. Raises CursorMalformed."""
    if cursor is None:
        return None
    try:
        found = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as failure:
        raise CursorMalformed(name) from failure
    is_ours = isinstance(found, list) and len(found) == parts + 1 and found[0] == name
    if not is_ours or not all(type(part) is int and 0 <= part <= _KEY_MAX for part in found[1:]):
        raise CursorMalformed(name)
    return tuple(found[1:])


def page_of(
    name: str, rows: Sequence[Row], limit: int, shown: Callable[[Row], Item], key: Callable[[Row], tuple[int, ...]]
) -> Page[Item]:
    """The page of rows that were asked for with one more than `limit`: the one too many says that there is a next."""
    kept = rows[:limit]
    after = cursor_of(name, *key(kept[-1])) if len(rows) > limit else None
    return Page(items=tuple(shown(row) for row in kept), next=after)
