"""Tables in the columns of a terminal."""

from collections.abc import Sequence
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backend.access.narrow import Narrow, narrowed

WIDTH = 80
HASH = "0x" + "ab" * 32


def table_of(headers: Sequence[str], *rows: Sequence[str], right: Sequence[str] = ()) -> Table:
    table = Table()
    for header in headers:
        table.add_column(header, justify="right" if header in right else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def narrow(table: Table) -> Narrow:
    found = narrowed(table, WIDTH)
    assert found is not None
    return found


def text_of(found: Narrow) -> str:
    console = Console(file=StringIO(), width=10 * WIDTH, color_system=None)
    console.print(found.table)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_words__that_are_too_long_for_a_line__wrap_and_nothing_else_happens() -> None:
    found = narrow(table_of(["class", "why"], ["CN-SC/2025/SIM", "nobody offers any of it " * 8]))

    assert (found.same, found.left_out, found.is_short) == ((), (), False)
    assert text_of(found).count("offers") == 8


def test_hashes__in_a_table_that_is_too_wide__are_shown_by_their_ends() -> None:
    found = narrow(table_of(["gift", "by"], [f"{HASH}-3", HASH], [f"{HASH}-4", HASH[:-1] + "c"]))

    assert found.is_short
    assert "0xabab…abab-3" in text_of(found)


def test_what_all_rows_have__is_said_once_and_units_move_into_the_header() -> None:
    rows = [[HASH, "7", f"1,00{at}.500 kg", "2026-11-30T03:00:00Z"] for at in range(2)]

    found = narrow(table_of(["campaign", "round", "award", "at"], *rows, right=["award"]))

    assert found.same == [("campaign", HASH), ("round", "7"), ("at", "2026-11-30T03:00:00Z")]
    assert not found.is_short
    assert "award, kg" in text_of(found)
    assert "1,001.500 kg" not in text_of(found)


def test_columns__there_is_no_room_for__are_left_out_from_the_last_and_named() -> None:
    rows = [[f"{at}{'x' * 18}" for _ in range(6)] for at in range(2)]

    assert narrow(table_of("abcdef", *rows)).left_out == ["d", "e", "f"]
    wider = [[f"{at}{'x' * 30}" for _ in range(6)] for at in range(2)]
    assert narrowed(table_of("abcdef", *wider), WIDTH) is None


def test_chinese__which_has_no_spaces__wraps_too() -> None:
    found = narrow(table_of(["项目", "说明"], ["1", "很长的说明" * 40]))

    assert text_of(found).count("很") == 40


CELLS = st.one_of(
    st.text("ab 碳余", max_size=120),
    st.just(HASH),
    st.just("2026-11-30T03:00:00Z"),
    st.integers(0, 10**12).map(lambda grams: f"{grams:,} kg"),
)


@given(st.integers(1, 7).flatmap(lambda count: st.lists(st.lists(CELLS, min_size=count, max_size=count), min_size=1)))
def test_narrow__whatever_is_in_it__is_no_wider_than_was_asked_for(rows: list[list[str]]) -> None:
    headers = [f"column {at}" for at in range(len(rows[0]))]

    found = narrowed(table_of(headers, *rows, right=headers[:1]), WIDTH)

    if found is not None:
        lines = text_of(found).splitlines()
        assert max(map(cell_len, lines)) <= WIDTH
