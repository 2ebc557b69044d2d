/** What the server says of a row that it refused: `line 14, column unit: there is no unit "kWk" [unit.unknown]`. */

export interface BadRow {
  readonly line: string;
  readonly column: string;
  readonly message: string;
  readonly code: string;
}

/** The parts of such a sentence; undefined of one about the file as a whole. */
export function badRowOf(told: string): BadRow | undefined {
  const [, line, column, message, code] = /^line (\d+), column (\S+): (.*) \[([a-z_.]+)\]$/s.exec(told) ?? [];
  if (line === undefined || column === undefined || message === undefined || code === undefined) return undefined;
  return { line, column, message, code };
}
