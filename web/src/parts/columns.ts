/** Columns of a table, and the same rows as a file (RFC 4180) for whoever wants to count themselves. */

/** Stands where there is no figure; on a narrow screen such a cell takes no line. */
export const NONE = "–";

export interface Column<Row> {
  readonly head: string;
  /** What is shown. */
  readonly text: (row: Row) => string;
  /** What the file says: exact, no grouping; the shown text if not given. */
  readonly exact?: (row: Row) => string;
  readonly isNumber?: boolean;
  /** Left out where the screen is narrow: the other columns tell the row, and the file has it. */
  readonly isSpare?: boolean;
}

/** A field in quotes; one that a spreadsheet would run as a formula gets an apostrophe before it. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** Heads and rows as CSV. */
export function csvOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map((column) => (column.exact ?? column.text)(row)));
  return [columns.map((column) => column.head), ...lines].map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
}

/** Hands a text to the person as a file. */
export function download(name: string, text: string, type = "text/csv;charset=utf-8"): void {
  save(name, new Blob([text], { type }));
}

/** The same of any content. */
export function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
