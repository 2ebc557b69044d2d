import { describe, expect, test } from "vitest";
import type { SchemaApplicationOut, SchemaBodyWordOut, SchemaOwedOut } from "../api/schema";
import { fitsAid, isIncluded, latestWords, leafOf } from "./aid";

const APPLICATION = {
  round: { roundId: 3, root: "0xc39370c32f572d0104e510c92e07c2315b722943852e811be7dbeea26407498c" },
  reference: `0x${"09".repeat(32)}`,
  needGco2e: "12000",
  salt: "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
  proof: [
    "0x34a74388fc4979092caaa74a0341cf12ee48b021f6caf884e05dc9bbc591f8bd",
    "0xd555b91f3eb25991d36b3209dda55d37675cc2f070cc1d31043f3e21e1363209",
    "0xc0d97effb3264ca595c23c736680f7cd0636722c095a42c36de847eba3174b55",
  ],
} as unknown as SchemaApplicationOut;

describe("an application", () => {
  test("has the leaf that the server computes", () => {
    expect(leafOf(APPLICATION)).toBe("0x854b26aeee5574a4d7cc6a10dccaced676420e9824d02e89d2449109aa89c7d3");
  });
  test("is in the root that its path leads to", () => {
    expect(isIncluded(APPLICATION)).toBe(true);
  });
  test.each([
    ["another need", { needGco2e: "12001" }],
    ["another salt", { salt: `0x${"00".repeat(32)}` }],
    ["no path", { proof: [] }],
    ["no root yet", { round: { ...APPLICATION.round, root: null } }],
  ])("is not in it with %s", (_, change) => {
    expect(isIncluded({ ...APPLICATION, ...change } as SchemaApplicationOut)).toBe(false);
  });
});

test.each([
  ["CN-SC/2025/SIM", "CN-SC", 2025, "5", true],
  ["CN-SC/2024/SIM", "CN-SC", 2025, "5", true],
  ["CN-SC/2026/SIM", "CN-SC", 2025, "5", false],
  ["CN-HE/2025/SIM", "CN-SC", 2025, "5", false],
  ["GB/2025/SIM", "CN-SC", 2025, "5", true], // of a region that the policy takes besides its own
  ["CN-SC/2025/SIM", "CN-SC", 2025, "0", false],
])("%s fits a deficit of %s/%s with %s g open: %s", (code, region, vintage, outstandingGco2e, expected) => {
  expect(fitsAid({ region, regions: [region, "GB"], vintage, outstandingGco2e } as SchemaOwedOut, code)).toBe(expected);
});

test("a body whose last word is that it may not vouch is not listed", () => {
  const word = (body: string, registered: boolean): SchemaBodyWordOut => ({ body, registered }) as SchemaBodyWordOut;
  const words = [word("0xA", true), word("0xB", true), word("0xA", false)];
  expect(latestWords(words).map(({ body }) => body)).toEqual(["0xB"]);
});
