/**
 * The local days of a span, as its person said them. The server keeps [start, end) as moments; a span of whole days
 * begins and ends at some place's midnight, which no zone puts farther than half a day from UTC's: noon tells the day.
 */

const HOUR_MS = 3_600_000;
/** A local day may have 23 hours; what is shorter is a trip with times of its own. */
const WHOLE_DAY_MS = 23 * HOUR_MS;

const dayAt = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** First and last day, both included, as ISO days. */
export function daysOf(start: string, end: string): { first: string; last: string } {
  const [from, to] = [Date.parse(start), Date.parse(end)];
  if (to - from < WHOLE_DAY_MS) return { first: dayAt(from), last: dayAt(Math.max(from, to - 1)) };
  return { first: dayAt(from + 12 * HOUR_MS), last: dayAt(to - 12 * HOUR_MS) };
}
