import { expect, test } from "vitest";
import { costOf, ladder, spreadBps } from "./ladder";

const level = (pricePerKg: bigint, lots: bigint, orders = 1) => ({ pricePerKg, lots, orders });
const ASKS = [level(101n, 3n), level(102n, 2n, 2), level(109n, 4n), level(111n, 1n)];
const BIDS = [level(99n, 1n), level(98n, 5n), level(90n, 2n)];

test("a rung is what stands at its price, with what stands before it", () => {
  expect(ladder(ASKS, "sell", 1n, 2)).toEqual([
    { ...level(101n, 3n), lotsUpTo: 3n },
    { ...level(102n, 2n, 2), lotsUpTo: 5n },
  ]);
});

test("coarser rungs never look better than the prices behind them, and lose no lots", () => {
  expect(ladder(ASKS, "sell", 10n, 9).map(({ pricePerKg, lots, orders }) => [pricePerKg, lots, orders])).toEqual([
    [110n, 9n, 4],
    [120n, 1n, 1],
  ]);
  expect(ladder(BIDS, "buy", 10n, 9).map(({ pricePerKg, lotsUpTo }) => [pricePerKg, lotsUpTo])).toEqual([[90n, 8n]]);
});

test("a whole rung is told even if it is the last", () => {
  expect(ladder(ASKS, "sell", 10n, 1)).toEqual([{ ...level(110n, 9n, 4), lotsUpTo: 9n }]);
});

test("taking costs what each level asks, and nothing is told of more than there is", () => {
  expect(costOf(ASKS, 4n)).toEqual({ cost: 405n, worstPerKg: 102n });
  expect(costOf(ASKS, 10n)?.worstPerKg).toBe(111n);
  expect(costOf(ASKS, 11n)).toBeNull();
  expect(costOf(ASKS, 0n)).toBeNull();
});

test("the spread is the one docs/market.md shows", () => {
  expect(spreadBps(98n, 102n)).toBe(400n);
  expect(spreadBps(102n, 101n)).toBe(0n);
  expect(spreadBps(undefined, 102n)).toBeUndefined();
});
