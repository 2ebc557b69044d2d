import { describe, expect, test } from "vitest";
import { fromMarket, fromOwn, type Owed, reachOf, sumOf } from "./settle";

const OWED = {
  ownCredits: [
    { classId: "7", classCode: "CN-SC/2024/SIM", amountGco2e: "1500" },
    { classId: "9", classCode: "CN-SC/2025/SIM", amountGco2e: "4000" },
  ],
  market: {
    offers: [
      { classId: "9", classCode: "CN-SC/2025/SIM", lots: "2", worstPerKg: "80000", cost: "160000" },
      { classId: "7", classCode: "CN-SC/2024/SIM", lots: "5", worstPerKg: "90000", cost: "450000" },
    ],
  },
} as unknown as Owed;

describe("fromOwn", () => {
  test("takes the listed first, and of the last only what is still wanted, to the gram", () => {
    expect(fromOwn(OWED, 1501n).map(({ classId, amountGco2e }) => [classId, amountGco2e])).toEqual([
      [7n, 1500n],
      [9n, 1n],
    ]);
  });
  test("takes all there is, if that is less", () => {
    expect(sumOf(fromOwn(OWED, 10n ** 20n))).toBe(5500n);
  });
});

describe("fromMarket", () => {
  test.each([
    [1n, 1000n],
    [2000n, 2000n],
    [2001n, 3000n],
    [10n ** 9n, 7000n],
  ])("%s g wanted are %s g to buy: whole kg, as far as they are offered", (wanted, bought) => {
    expect(sumOf(fromMarket(OWED, wanted))).toBe(bought);
  });
  test("names the dearest price of each class", () => {
    expect(fromMarket(OWED, 3000n).map(({ pricePerKg }) => pricePerKg)).toEqual([80_000n, 90_000n]);
  });
  test("asks the cost of the offers only for those it takes as a whole", () => {
    expect(fromMarket(OWED, 3000n).map(({ costNow }) => costNow)).toEqual([160_000n, undefined]);
  });
});

describe("reachOf", () => {
  test.each([
    [2000n, 9000n, { buysGco2e: 2000n, beyondGco2e: 0n, shortGco2e: 0n }],
    [2500n, 9000n, { buysGco2e: 3000n, beyondGco2e: 0n, shortGco2e: 0n }], // more than was entered, not than is owed
    [2145n, 2145n, { buysGco2e: 3000n, beyondGco2e: 855n, shortGco2e: 0n }],
    [9001n, 9001n, { buysGco2e: 7000n, beyondGco2e: 0n, shortGco2e: 2001n }],
  ])("%s g of %s g owed", (wanted, owed, reach) => {
    expect(reachOf(fromMarket(OWED, wanted), wanted, owed)).toEqual(reach);
  });
  test("never goes beyond what is owed by as much as a kg", () => {
    for (let owed = 1n; owed < 7000n; owed += 37n)
      expect(reachOf(fromMarket(OWED, owed), owed, owed).beyondGco2e < 1000n).toBe(true);
  });
});
