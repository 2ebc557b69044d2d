"""CSV from anybody, read as it comes: a header, then rows of cells, each with the line of the file that it ends on.

RFC 4180 with UTF-8, commas and a header. Spaces around a cell do not count, nor do the empty columns and rows that a
spreadsheet leaves at the edges.
"""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from backend.kernel.errors import InvalidInput, TanyuError

BYTES_LIMIT = 1_000_000
NAME_LIMIT = 40
"""How much of a name an error repeats; the file may come from anybody."""
NAMES_LIMIT = 12

_OTHER_SEPARATORS: Final = ";\t|，；、"
"""What spreadsheets, and a Chinese keyboard, put where commas belong."""


class CsvTooLarge(InvalidInput):
    """More bytes than are read of such a file."""

    code = "csv.too_large"

    def __init__(self) -> None:
        super().__init__(f"the file is larger than {BYTES_LIMIT} bytes; split it", limit_bytes=BYTES_LIMIT)


class CsvEncodingWrong(InvalidInput):
    """Not UTF-8: some spreadsheets save CSV in the encoding of the machine's country."""

    code = "csv.encoding_wrong"

    def __init__(self, why: str, byte: int) -> None:
        super().__init__(
            f"the file is not UTF-8, save it as CSV UTF-8: {why} at byte {byte}", byte=byte, expected="UTF-8"
        )


class CsvMalformed(InvalidInput):
    """Not CSV: a quote that is not closed or stands inside a cell, or a cell without end."""

    code = "csv.malformed"

    def __init__(self, why: str, line: int) -> None:
        super().__init__(f"line {line}: the file is not CSV: {why}", line=line, why=why)


class CsvSeparatorWrong(InvalidInput):
    """The header's names are not separated by commas."""

    code = "csv.separator_wrong"

    def __init__(self) -> None:
        super().__init__("the columns are not separated by commas; put commas between them", expected=",")


class CsvColumnsAbsent(InvalidInput):
    """Columns that the file must have are not there."""

    code = "csv.columns_absent"

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(f"columns are absent: {', '.join(columns)}", columns=list(columns))


class CsvColumnsUnknown(InvalidInput):
    """Columns that mean nothing here: a value that nobody reads would seem to count."""

    code = "csv.columns_unknown"

    def __init__(self, columns: Sequence[str], known: Sequence[str]) -> None:
        shown = [name[:NAME_LIMIT] for name in columns[:NAMES_LIMIT]]
        super().__init__(
            f"columns are unknown: {', '.join(map(repr, shown))}; give {', '.join(known)}",
            columns=shown,
            known=list(known),
        )


class CsvColumnsRepeated(InvalidInput):
    """Columns that are there twice: one of the two would be ignored."""

    code = "csv.columns_repeated"

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(f"columns are there more than once: {', '.join(columns)}", columns=list(columns))


class CsvRowTooLong(InvalidInput):
    """More cells than columns: a comma too many, or one in a value without quotes."""

    code = "csv.row_too_long"

    def __init__(self, cells: int, columns: int) -> None:
        super().__init__(
            f"{cells} cells for {columns} columns; put a value that holds a comma in double quotes",
            cells=cells,
            columns=columns,
        )


def csv_text(data: bytes | bytearray) -> str:
    """The text of a file. Raises CsvTooLarge, CsvEncodingWrong."""
    if len(data) > BYTES_LIMIT:
        raise CsvTooLarge
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as failure:
        raise CsvEncodingWrong(failure.reason, failure.start) from failure


class CsvTable:
    """A CSV text: the names in its header, then its rows. Raises CsvTooLarge, CsvMalformed."""

    def __init__(self, text: str) -> None:
        if len(text.encode()) > BYTES_LIMIT:
            raise CsvTooLarge
        self._reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
        self.header_line, self.header = next(self.rows(), (1, []))
        self._width = len(self.header)
        while self.header and not self.header[-1]:
            self.header.pop()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line and cells of every row from here on that holds anything. Raises CsvMalformed."""
        try:
            for cells in self._reader:
                if any(kept := [cell.strip() for cell in cells]):
                    yield self._reader.line_num, kept
        except csv.Error as failure:
            raise CsvMalformed(str(failure), self._reader.line_num) from failure

    def wrongs(self, columns: Sequence[str], optional: Collection[str]) -> list[TanyuError]:
        """Everything that is wrong with the header, if these are the columns that a file has."""
        unknown = [name for name in dict.fromkeys(self.header) if name not in columns]
        if any(mark in name for name in unknown for mark in _OTHER_SEPARATORS):
            return [CsvSeparatorWrong()]  # whatever else is wrong comes of it
        absent = [name for name in columns if name not in self.header and name not in optional]
        repeated = [name for name, count in Counter(self.header).items() if count > 1 and name in columns]
        wrongs: list[TanyuError] = [CsvColumnsUnknown(unknown, columns)] if unknown else []
        wrongs += [CsvColumnsAbsent(absent)] if absent else []
        return wrongs + ([CsvColumnsRepeated(repeated)] if repeated else [])

    def named(self, cells: Sequence[str]) -> Mapping[str, str]:
        """A row's cells by column; those it does not have are empty. Raises CsvRowTooLong."""
        if len(cells) > self._width or any(cells[len(self.header) :]):
            raise CsvRowTooLong(len(cells), len(self.header))
        return dict.fromkeys(self.header, "") | dict(zip(self.header, cells, strict=False))
