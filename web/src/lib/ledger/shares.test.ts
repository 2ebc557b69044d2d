import { describe, expect, test } from "vitest";
import { bpsOf, drawnKg, equalPartsBps, shareOf } from "./shares";

describe("shareOf", () => {
  test.each([
    [1n, 4n, 0.25],
    [5n, 4n, 1],
    [-5n, 4n, 0],
    [5n, 0n, 0],
    [10n ** 30n, 4n * 10n ** 30n, 0.25],
  ])("%s of %s is %f", (part, whole, share) => {
    expect(shareOf(part, whole)).toBe(share);
  });
});

test("grams are drawn as kg", () => {
  expect(drawnKg("1234567")).toBe(1234.567);
});

describe("equalPartsBps", () => {
  test.each([1, 2, 3, 7, 100])("%i parts make 10,000 and differ by one at the most", (count) => {
    const parts = equalPartsBps(count);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(10_000);
    expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
  });
  test("nobody has no part", () => {
    expect(equalPartsBps(0)).toEqual([]);
  });
});

describe("bpsOf", () => {
  test.each([
    ["50", 5000],
    ["33.34", 3334],
    ["0.1", 10],
    ["100", 10_000],
  ])("%s %% is %i", (text, bps) => {
    expect(bpsOf(text)).toBe(bps);
  });
  test.each(["", "0", "100.01", "-5", "1,5", "12.345", "half"])("refuses %j", (text) => {
    expect(bpsOf(text)).toBeUndefined();
  });
});
