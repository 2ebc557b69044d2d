import { expect, test } from "vitest";
import { percentOf, shareBps } from "./share";

test.each([
  ["10", 1000n],
  ["0.01", 1n],
  ["99.99", 9999n],
  ["12.5", 1250n],
  ["100", undefined],
  ["0", undefined],
  ["-1", undefined],
  ["0.001", undefined],
  ["ten", undefined],
])("%j per cent are %s basis points", (percent, bps) => {
  expect(shareBps(percent)).toBe(bps);
  if (bps !== undefined) expect(shareBps(percentOf(bps))).toBe(bps);
});
