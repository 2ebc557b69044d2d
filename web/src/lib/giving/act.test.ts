import { expect, test } from "vitest";
import { bytes32, dayS, deadlineAfter, freshNumber, unixS } from "./act";

test("numbers are drawn anew", () => {
  const numbers = new Set(Array.from({ length: 100 }, freshNumber));
  expect(numbers.size).toBe(100);
  for (const number of numbers) expect(number < 2n ** 64n).toBe(true);
});

test("a message is good for an hour from the second it was signed in", () => {
  const now = new Date("2026-11-30T03:00:00.999Z");
  expect(unixS(now)).toBe(1_796_007_600n);
  expect(deadlineAfter(now)).toBe(1_796_011_200n);
});

test.each([
  ["2026-12-31", 1_798_675_200n],
  ["2026-13-01", undefined],
  ["31.12.2026", undefined],
  ["", undefined],
])("%j begins at %s", (day, second) => {
  expect(dayS(day)).toBe(second);
});

test("a campaign's number fills 32 bytes", () => {
  expect(bytes32(258n)).toBe(`0x${"0".repeat(61)}102`);
});
