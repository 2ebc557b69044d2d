import { type Hex, keccak256 } from "viem";
import { describe, expect, test } from "vitest";
import { batchesOf, closeEarlyData, grantData, grantsSigned, openCampaignData, retireData } from "./desk";

const bytes32 = (octet: string): Hex => `0x${octet.repeat(32)}`;
const WORD = { number: 7n, deadline: 2n ** 40n, signature: `0x${"05".repeat(65)}` } as const;
const SPENDING = { campaignId: 3n, classId: 11n, amountGco2e: 2500n };
const GRANTS = { campaignId: 3n, classId: 11n, amounts: [1000n, 2000n], references: [bytes32("01"), bytes32("02")] };

describe("calls of the contract are encoded as the server encodes them", () => {
  const terms = { opens: 1_796_007_600n, closes: 1_798_675_200n, targetGco2e: 200_000n, storyDigest: bytes32("09") };
  test.each<[string, Hex, Hex]>([
    [
      "openCampaign",
      openCampaignData({ kind: "aid", funding: "all-or-nothing", ...terms }, WORD),
      "0xba55cd2f72d33c9d51c55a3691aa192facafee6b649a63442b860206e394cc3c",
    ],
    ["closeEarly", closeEarlyData(3n, WORD), "0xa62e191d3a2e1addce9c11cb84c3df8d80049462d969dd9327a2b89e250667aa"],
    ["retireHeld", retireData(SPENDING), "0x5cf5d70e63527ea171a832e22172140cc2558512df5550964256621a40e74443"],
    ["retireEarly", retireData(SPENDING, WORD), "0x80ac76d91cb8bf90e1a6742ba4f4705291e9d4473048e8ca20018711bb3effaf"],
    ["grant", grantData(GRANTS, WORD), "0x65e767a99c42b471ffcb303fed45ad633064bb2ffdf227d244d69a3e3424c5e6"],
  ])("%s", (_, data, digest) => {
    expect(keccak256(data)).toBe(digest);
  });
});

test("the second signer signs the sum of the grants and the digest of their lists", () => {
  expect(grantsSigned(GRANTS)).toEqual({
    totalGco2e: 3000n,
    grantsDigest: "0xec49c134643db3d33b3246faa3def7e7104d97ff0b209505e7604f7e839319ce",
  });
});

test.each([
  [0, []],
  [1, [1]],
  [50, [50]],
  [51, [25, 26]],
  [101, [33, 34, 34]],
])("%s grants go in batches of %j", (count, sizes) => {
  const items = Array.from({ length: count }, (_, at) => at);
  const batches = batchesOf(items);
  expect(batches.map(({ length }) => length)).toEqual(sizes);
  expect(batches.flat()).toEqual(items);
});
