import { expect, test } from "vitest";
import { atLimit, feeFloor, lotsFor, protectedPrice, settled } from "./fee";

test("the fee is rounded down, and added to what a buyer pays, taken from what a seller gets", () => {
  expect(feeFloor(999n, 50n)).toBe(4n);
  expect(settled("buy", 10_000n, 50n)).toBe(10_050n);
  expect(settled("sell", 10_000n, 50n)).toBe(9_950n);
  expect(atLimit({ side: "buy", amountGco2e: 3_000n, pricePerKg: 80_100n }, 100n)).toBe(242_703n);
});

test.each([1n, 49n, 50n, 51n, 10_050n, 123_456_789n])(
  "%s buys as many kilograms as it pays for, and no more",
  (money) => {
    for (const price of [1n, 3n, 50n, 80_100n])
      for (const fee of [0n, 7n, 100n]) {
        const lots = lotsFor(money, price, fee);
        expect(settled("buy", lots * price, fee)).toBeLessThanOrEqual(money);
        expect(settled("buy", (lots + 1n) * price, fee)).toBeGreaterThan(money);
      }
  },
);

test("a market order's protection is a whole tick within the bound", () => {
  expect(protectedPrice("buy", 1_000n, 500n, 100n)).toBe(1_000n);
  expect(protectedPrice("buy", 80_100n, 500n, 100n)).toBe(84_100n);
  expect(protectedPrice("sell", 80_100n, 500n, 100n)).toBe(76_100n);
  expect(protectedPrice("sell", 80_100n, 500n, 1n)).toBe(76_095n);
});
