"""Pages and their cursors."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.access.page import CursorMalformed, cursor_of, key_of, page_of


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=3))
def test_cursor__read_back__is_the_key(key: list[int]) -> None:
    assert key_of("things", cursor_of("things", *key), len(key)) == tuple(key)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "é",
        "bm90IGpzb24",
        cursor_of("others", 1),
        cursor_of("things"),
        cursor_of("things", 1, 2),
        cursor_of("things", -1),
        cursor_of("things", 2**63),
        base64.urlsafe_b64encode(json.dumps(["things", True]).encode()).decode(),
        base64.urlsafe_b64encode(json.dumps(["things", "1"]).encode()).decode(),
        base64.urlsafe_b64encode(b"[" * 100).decode(),
    ],
)
def test_cursor__of_nothing_or_of_another_list__is_refused(cursor: str) -> None:
    with pytest.raises(CursorMalformed) as refusal:
        key_of("things", cursor, 1)
    assert refusal.value.code == "input.cursor_malformed"


def test_page__of_rows_with_one_too_many__has_a_next() -> None:
    page = page_of("things", [7, 8, 9], 2, str, lambda row: (row,))
    last = page_of("things", [7, 8], 2, str, lambda row: (row,))

    assert (page.items, key_of("things", page.next, 1)) == (("7", "8"), (8,))
    assert (last.items, last.next) == (("7", "8"), None)
    assert key_of("things", None, 1) is None
