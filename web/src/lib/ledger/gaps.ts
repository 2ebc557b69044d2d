/** What is missing of a year, told once for all the months in which the same is missing. */

export interface Reminder {
  readonly month: string;
  readonly category: string;
  readonly missing: readonly string[];
  /** What the month counts as beyond what was reported. */
  readonly costsGco2e: string;
}

export interface Gap {
  readonly category: string;
  readonly missing: readonly string[];
  /** First and last of the months in a row, such as `2026-01` and `2026-10`. */
  readonly spans: readonly (readonly [first: string, last: string])[];
  readonly costsGco2e: bigint;
}

const placeOf = (month: string): number => Number(month.slice(0, 4)) * 12 + Number(month.slice(5));

/** The months as spans in which none is left out. */
export function spansOf(months: readonly string[]): (readonly [string, string])[] {
  const spans: [string, string][] = [];
  for (const month of [...new Set(months)].sort()) {
    const open = spans.at(-1);
    if (open !== undefined && placeOf(month) === placeOf(open[1]) + 1) open[1] = month;
    else spans.push([month, month]);
  }
  return spans;
}

/** The gaps in the order in which the reminders first name them. */
export function gapsOf(reminders: readonly Reminder[]): Gap[] {
  const groups = Map.groupBy(reminders, ({ category, missing }) => `${category} ${[...missing].sort().join(" ")}`);
  return [...groups.values()].map((same) => ({
    category: same[0]?.category ?? "",
    missing: same[0]?.missing ?? [],
    spans: spansOf(same.map(({ month }) => month)),
    costsGco2e: same.reduce((sum, { costsGco2e }) => sum + BigInt(costsGco2e), 0n),
  }));
}
