import { expect, test } from "vitest";
import { costOf } from "./buy";

test.each([
  [3_000n, 80_100n, 30n, 240_300n, 720n], // 720.9 rounded down
  [1_000n, 1n, 100n, 1n, 0n],
  [2n ** 64n * 1000n, 90_000n, 100n, 2n ** 64n * 90_000n, 2n ** 64n * 900n],
])("%s g at %s a kg and %s bps cost %s and %s", (amount, price, bps, cost, fee) => {
  expect(costOf(amount, price, bps)).toEqual({ cost, fee });
});
