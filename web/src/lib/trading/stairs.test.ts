import { expect, test } from "vitest";
import { ladder } from "./ladder";
import { stairs } from "./stairs";

const rungs = (side: "buy" | "sell", levels: [bigint, bigint][]) =>
  ladder(
    levels.map(([pricePerKg, lots]) => ({ pricePerKg, lots, orders: 1 })),
    side,
    1n,
    100,
  );

test("the stairs rise from the best price outwards, within the picture", () => {
  const bids = rungs("buy", [
    [90n, 5n],
    [50n, 5n],
  ]);
  const asks = rungs("sell", [[110n, 2n]]);
  const found = stairs(bids, asks, 600, 200);
  expect([found?.from, found?.to]).toEqual([47n, 113n]);
  expect(found?.bids).toBe("M390.9,200V105.0H27.2V10.0H0.0V200Z");
  expect(found?.asks).toBe("M572.7,200V162.0H600.0V200Z");
});

test("one price alone, and an empty book, are no trouble", () => {
  expect(stairs(rungs("buy", [[1n, 1n]]), [], 600, 200)?.asks).toBe("");
  expect(stairs([], [], 600, 200)).toBeUndefined();
});
