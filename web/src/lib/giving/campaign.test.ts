import { expect, test } from "vitest";
import { fatesOf, heldFor, perMille, type Trail } from "./campaign";

const HOLDING = {
  donatedGco2e: "10000",
  heldGco2e: "0",
  retiredGco2e: "7000",
  grantedGco2e: "0",
  refundedGco2e: "3000",
};

test("the fates of a holding are those that have grams, and sum to what was donated", () => {
  const fates = fatesOf(HOLDING);
  expect(fates.map(({ fate }) => fate)).toEqual(["retired", "refunded"]);
  expect(fates.reduce((sum, { amountGco2e }) => sum + amountGco2e, 0n)).toBe(10_000n);
});

test.each([
  [0n, 0n, 0],
  [1n, 3n, 333],
  [5n, 4n, 1000],
  [2n ** 90n, 2n ** 91n, 500],
])("%s of %s is %s thousandths", (part, whole, share) => {
  expect(perMille(part, whole)).toBe(share);
});

test("a refund brings what a donor's gifts to that campaign still hold, and nobody else's", () => {
  const trail = (campaignId: string, donor: string, held: string): Trail =>
    ({
      campaignId,
      gift: { donor },
      parts: [
        { fate: "held", amountGco2e: held },
        { fate: "retirement", amountGco2e: "5" },
      ],
    }) as Trail;
  const trails = [trail("1", "0xA", "20"), trail("1", "0xA", "3"), trail("2", "0xA", "100"), trail("1", "0xB", "7")];
  expect(heldFor(trails, "1", "0xA")).toBe(23n);
});
