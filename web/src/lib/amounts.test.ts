import { describe, expect, test } from "vitest";
import { AmountMalformed, decimalText, kgText, moneyText, parseDecimal, percentText, shortKgText } from "./amounts";

describe("decimalText", () => {
  test.each([
    [0n, 3, "0.000"],
    [5n, 3, "0.005"],
    [-1234567n, 3, "-1234.567"],
    [2n ** 200n, 0, (2n ** 200n).toString()],
  ])("%s in %s places is %s and comes back", (units, places, text) => {
    expect(decimalText(units, places)).toBe(text);
    expect(parseDecimal(text, places)).toBe(units);
  });
});

describe("parseDecimal", () => {
  test.each(["", "1.", ".5", "1e3", "0x1", "1,23", "1.2345", "--1", "１"])("refuses %j", (text) => {
    expect(() => parseDecimal(text, 3)).toThrow(AmountMalformed);
  });
  test("takes grouping and trailing zeros as people paste them", () => {
    expect(parseDecimal(" 1,234.5000 ", 3)).toBe(1_234_500n);
  });
});

test("amounts beyond 2^53 are told to the gram", () => {
  expect(kgText(9_007_199_254_740_993_001n, "en", 3)).toBe("9,007,199,254,740,993.001");
});

test("money keeps every decimal it has", () => {
  expect(moneyText(80_100n, "en")).toBe("0.0801");
  expect(moneyText(2_000_000n, "zh")).toBe("2.00");
});

test.each(["en", "zh"] as const)("what is below nothing has a minus in %s, and is read back", (language) => {
  expect(kgText(-1_234_567n, language, 3)).toBe("\u22121,234.567");
  expect(moneyText(-80_100n, language)).toBe("\u22120.0801");
  expect(parseDecimal(kgText(-1_234_567n, language, 3), 3)).toBe(-1_234_567n);
});

test("a share of nothing is not told", () => {
  expect(percentText(1n, 0n, "en")).toBeUndefined();
  expect(percentText(1n, 3n, "en")).toBe("33.3 %");
});

test.each([
  [0n, "0"],
  [4n, "0.004"],
  [360n, "0.36"],
  [995n, "1"],
  [4_640n, "4.6"],
  [9_949n, "9.9"],
  [9_950n, "10"],
  [1_244_400n, "1,244"],
  [-5_000n, "\u22125"],
])("%s grams are told in short as %s kg", (grams, text) => {
  expect(shortKgText(grams, "en")).toBe(text);
});
