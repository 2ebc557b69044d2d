import { keccak256, sha256, stringToBytes } from "viem";
import { describe, expect, test } from "vitest";
import {
  type Closing,
  callOf,
  type Errand,
  ErrandMalformed,
  errandOf,
  messageOf,
  type Opening,
  type Spending,
  storyIn,
} from "./errand";

const REFERENCE = `0x${"01".repeat(32)}` as const;
const ENDS = { number: "7", deadline: "1099511627776" };
const RETIRE: Spending = {
  act: "retire",
  campaignId: "3",
  classCode: "CN-SC/2025/SIM",
  parts: [{ amountGco2e: "2500" }],
  ...ENDS,
};
const GRANT: Spending = { ...RETIRE, act: "grant", parts: [{ amountGco2e: "1000", reference: REFERENCE }] };
const STORY = {
  title: { en: "Trees", zh: "树" },
  story: { en: "Two.", zh: "两棵。" },
  kind: "aid",
  targetGco2e: "5000",
};
const OPEN: Opening = {
  act: "open",
  charity: "0xBcd4042DE499D14e55001CcbB24a551F3b954096",
  kind: "aid",
  funding: "all-or-nothing",
  opens: "1796007600",
  closes: "1798675200",
  targetGco2e: "5000",
  story: JSON.stringify(STORY),
  ...ENDS,
};
const CLOSE: Closing = { act: "close", campaignId: "3", ...ENDS };

describe("an errand", () => {
  test.each<Errand>([RETIRE, GRANT, OPEN, CLOSE, { ...GRANT, signature: "0x05" }])(
    "%j is read back as it was written",
    (errand) => {
      expect(errandOf(JSON.stringify(errand))).toEqual(errand);
    },
  );
  test.each<[string, unknown]>([
    ["nothing", ""],
    ["another act", { ...RETIRE, act: "delist" }],
    ["a close of nothing", { ...CLOSE, campaignId: undefined }],
    ["an opening by nobody", { ...OPEN, charity: "0x1234" }],
    ["another kind", { ...OPEN, kind: "loan" }],
    ["another funding", { ...OPEN, funding: "some" }],
    ["a window that is none", { ...OPEN, closes: "soon" }],
    ["no story", { ...OPEN, story: "Trees" }],
    ["a story of another kind", { ...OPEN, kind: "retire-pool" }],
    ["a story of another target", { ...OPEN, targetGco2e: "50000" }],
    ["two retirements", { ...RETIRE, parts: [...RETIRE.parts, ...RETIRE.parts] }],
    ["a grant to nobody", { ...GRANT, parts: RETIRE.parts }],
    ["no part", { ...GRANT, parts: [] }],
    ["a number that is none", { ...RETIRE, number: "-1" }],
    ["a signature that is none", { ...RETIRE, signature: "yes" }],
  ])("of %s is refused", (_, errand) => {
    expect(() => errandOf(JSON.stringify(errand))).toThrow(ErrandMalformed);
  });
});

test("a retirement's message names its amount, a grant's its sum and its lists", () => {
  expect(messageOf(RETIRE).type).toBe("RetireEarly");
  expect(messageOf(RETIRE).message.amountGco2e).toBe(2500n);
  expect(messageOf(GRANT).type).toBe("Grant");
  expect(messageOf(GRANT).message.totalGco2e).toBe(1000n);
});

test("an opening's message has every term, and the digest of the very story that is read", () => {
  const { type, message } = messageOf(OPEN);
  expect(type).toBe("OpenCampaign");
  expect(message.storyDigest).toBe(sha256(stringToBytes(OPEN.story)));
  expect(message).toMatchObject({ charity: OPEN.charity, kind: "aid", funding: "all-or-nothing", targetGco2e: 5000n });
  expect(storyIn(OPEN).title.zh).toBe("树");
  expect(messageOf(CLOSE)).toEqual({
    type: "CloseEarly",
    message: { campaignId: 3n, number: 7n, deadline: 1n << 40n },
  });
});

test("only a signed errand is a call", () => {
  const errands = [RETIRE, GRANT, OPEN, CLOSE];
  expect(errands.map(callOf)).toEqual(errands.map(() => undefined));
  const calls = errands.map((errand) => keccak256(callOf({ ...errand, signature: "0x05" }) ?? "0x"));
  expect(new Set(calls).size).toBe(errands.length);
});
