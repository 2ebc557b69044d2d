"""RLP and the ordered trie, against the examples of their specifications."""

import pytest

from backend.audit import rlp
from backend.audit.trie import EMPTY_ROOT, ordered_root


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        (b"", "80"),
        ([], "c0"),
        (b"\x00", "00"),
        (b"\x0f", "0f"),
        (b"\x04\x00", "820400"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (b"Lorem ipsum dolor sit amet, consectetur adipisicing elit", "b838" + b"Lorem ipsum dolor sit amet, "
         b"consectetur adipisicing elit".hex()),
    ],
)  # fmt: skip
def test_encode__examples_of_the_yellow_paper__match(item: rlp.Item, expected: str) -> None:
    assert rlp.encode(item).hex() == expected


def test_integer__zero_and_leading_zeros__are_minimal() -> None:
    assert [rlp.integer(value) for value in (0, 1, 255, 256)] == [b"", b"\x01", b"\xff", b"\x01\x00"]


def test_ordered_root__no_values__is_the_empty_trie() -> None:
    empty = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert EMPTY_ROOT.hex() == empty
    assert ordered_root([]) == EMPTY_ROOT


def test_ordered_root__any_change_of_order_or_value__changes_the_root() -> None:
    values = [bytes([index % 256]) * (index % 50 + 1) for index in range(300)]
    root = ordered_root(values)
    swapped = [values[1], values[0], *values[2:]]
    assert len({root, ordered_root(swapped), ordered_root(values[:-1]), ordered_root([*values[:-1], b"other"])}) == 4
