import { expect, test } from "vitest";
import { daysOf } from "./days";

test.each([
  ["January in Chengdu", "2024-12-31T16:00:00Z", "2025-01-31T16:00:00Z", "2025-01-01", "2025-01-31"],
  ["January in California", "2025-01-01T08:00:00Z", "2025-02-01T08:00:00Z", "2025-01-01", "2025-01-31"],
  [
    "March in London, with the clock's change",
    "2025-03-01T00:00:00Z",
    "2025-03-31T23:00:00Z",
    "2025-03-01",
    "2025-03-31",
  ],
  ["a day of 23 hours in London", "2025-03-30T00:00:00Z", "2025-03-30T23:00:00Z", "2025-03-30", "2025-03-30"],
  ["one day in Chengdu", "2025-06-30T16:00:00Z", "2025-07-01T16:00:00Z", "2025-07-01", "2025-07-01"],
  ["a trip of an hour", "2025-07-01T03:00:00Z", "2025-07-01T04:00:00Z", "2025-07-01", "2025-07-01"],
])("%s", (_, start, end, first, last) => {
  expect(daysOf(start, end)).toEqual({ first, last });
});
