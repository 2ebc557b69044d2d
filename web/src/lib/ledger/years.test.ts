import { expect, test } from "vitest";
import { shownYear, yearIn, yearsOf } from "./years";

const policies = ["CN-SC/2025/SIM", "CN-SC/2026/SIM", "US-CA/2026/SIM", "CN-SC/2025/OTHER"].map((creditClass) => ({
  creditClass,
}));

test("years are those of the own region since joining, newest first, once each", () => {
  expect(yearsOf(policies, "CN-SC", "2025-01-01")).toEqual([2026, 2025]);
  expect(yearsOf(policies, "CN-SC", "2026-02-01")).toEqual([2026]);
  expect(yearsOf(policies, "GB", "2025-01-01")).toEqual([]);
});

test("the year shown is the one asked for, else the newest with something in it, else the newest begun", () => {
  expect(shownYear([2026, 2025], 2024, [2025], 2026)).toBe(2024);
  expect(shownYear([2026, 2025], undefined, [2025], 2026)).toBe(2025);
  expect(shownYear([2026, 2025], undefined, [], 2025)).toBe(2025);
  expect(shownYear([], undefined, [], 2026)).toBeUndefined();
});

test.each([
  ["2025", 2025],
  ["25", undefined],
  ["year", undefined],
  [undefined, undefined],
])("%s in an address is the year %s", (word, year) => {
  expect(yearIn(word)).toBe(year);
});
