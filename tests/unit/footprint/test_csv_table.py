"""CSV tables: what is read of any file, and what is wrong with one before a row is looked at."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.footprint.csv_table import (
    BYTES_LIMIT,
    NAME_LIMIT,
    NAMES_LIMIT,
    CsvEncodingWrong,
    CsvMalformed,
    CsvRowTooLong,
    CsvTable,
    CsvTooLarge,
    csv_text,
)

COLUMNS = ("kind", "quantity", "evidence")
OPTIONAL = frozenset({"evidence"})
CELLS = st.text(alphabet='a1,"; 碳', max_size=5).map(str.strip)


def wrongs(header: str) -> list[str]:
    return [wrong.code for wrong in CsvTable(header).wrongs(COLUMNS, OPTIONAL)]


class TestHeader:
    @pytest.mark.parametrize("header", ["kind,quantity,evidence", "\ufeffquantity, kind ", "\n\nkind,quantity,,\n"])
    def test_columns__in_any_order_optional_ones_or_not__are_fine(self, header: str) -> None:
        assert wrongs(header) == []

    @pytest.mark.parametrize(
        ("header", "codes"),
        [
            ("kind,quantity,price", ["csv.columns_unknown"]),
            ("kind", ["csv.columns_absent"]),
            ("kind,quantity,kind", ["csv.columns_repeated"]),
            ("kind,amount,kind", ["csv.columns_unknown", "csv.columns_absent", "csv.columns_repeated"]),
            ("kind,,quantity", ["csv.columns_unknown"]),
        ],
    )
    def test_wrong_columns__are_all_told(self, header: str, codes: list[str]) -> None:
        assert wrongs(header) == codes

    @pytest.mark.parametrize("mark", [";", "\t", "|", "，", "；"])
    def test_other_separators__are_all_that_is_told(self, mark: str) -> None:
        assert wrongs(mark.join(COLUMNS)) == ["csv.separator_wrong"]

    def test_unknown_columns__are_told_to_a_length(self) -> None:
        header = ",".join(f"{number}{'x' * 100}" for number in range(100))
        (unknown, _absent) = CsvTable(header).wrongs(COLUMNS, OPTIONAL)

        columns = unknown.fields["columns"]
        assert isinstance(columns, list)
        assert [len(str(name)) for name in columns] == [NAME_LIMIT] * NAMES_LIMIT


class TestRows:
    def test_rows__have_the_line_that_they_end_on_and_empty_ones_are_none(self) -> None:
        table = CsvTable('kind,quantity,evidence,\nbus, 3 ,,,\n\n , ,\n"two\nlines",1,bill\n')

        assert list(table.rows()) == [(2, ["bus", "3", "", "", ""]), (6, ["two\nlines", "1", "bill"])]

    def test_row__is_named_by_the_header_and_what_it_does_not_have_is_empty(self) -> None:
        assert CsvTable("quantity,kind,evidence").named(["3", "bus"]) == {
            "quantity": "3",
            "kind": "bus",
            "evidence": "",
        }

    def test_empty_columns_at_the_right__are_none(self) -> None:
        assert CsvTable("kind,quantity,,").named(["bus", "3", "", ""]) == {"kind": "bus", "quantity": "3"}

    @pytest.mark.parametrize(("header", "cells"), [("kind,quantity", ["bus", "3", ""]), ("kind,,", ["bus", "3", ""])])
    def test_more_cells_than_columns__is_refused(self, header: str, cells: list[str]) -> None:
        with pytest.raises(CsvRowTooLong) as failure:
            CsvTable(header).named(cells)

        assert failure.value.code == "csv.row_too_long"
        assert failure.value.fields == {"cells": 3, "columns": len(CsvTable(header).header)}

    @given(st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=5))
    def test_what_was_written__is_read_again(self, rows: list[list[str]]) -> None:
        file = io.StringIO()
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
        table = CsvTable(file.getvalue())

        kept = [[*row, "", ""][:3] for row in rows if any(row)]
        assert [list(table.named(cells).values()) for _, cells in table.rows()] == kept


class TestFile:
    @pytest.mark.parametrize("text", ['kind\n"1"2', 'kind\n"bus', "kind\nbus\r\r3", "kind\n" + "x" * 200_000])
    def test_broken_quotes_and_cells_without_end__are_refused_by_line(self, text: str) -> None:
        with pytest.raises(CsvMalformed) as failure:
            list(CsvTable(text).rows())

        assert failure.value.code == "csv.malformed"
        assert re.match(r"line [12]: the file is not CSV: ", failure.value.message)

    def test_broken_header__is_refused(self) -> None:
        with pytest.raises(CsvMalformed):
            CsvTable('"kind"s,quantity')

    @pytest.mark.parametrize("data", ["类别,bus".encode("gb18030"), "kind".encode("utf-16")])
    def test_another_encoding__is_refused(self, data: bytes) -> None:
        with pytest.raises(CsvEncodingWrong) as failure:
            csv_text(data)

        assert failure.value.code == "csv.encoding_wrong"
        assert failure.value.fields == {"byte": 0, "expected": "UTF-8"}

    def test_too_many_bytes__are_refused_before_they_are_read(self) -> None:
        with pytest.raises(CsvTooLarge) as failure:
            csv_text(b"\xff" * (BYTES_LIMIT + 1))
        with pytest.raises(CsvTooLarge):
            CsvTable("碳" * (BYTES_LIMIT // 3 + 1))

        assert failure.value.code == "csv.too_large"
        assert failure.value.fields == {"limit_bytes": BYTES_LIMIT}
