import { keccak256 } from "viem";
import { describe, expect, test } from "vitest";
import { callOf, type Errand, ErrandMalformed, errandOf, messageOf } from "./errand";

const REFERENCE = `0x${"01".repeat(32)}` as const;
const RETIRE: Errand = {
  act: "retire",
  campaignId: "3",
  classCode: "CN-SC/2025/SIM",
  parts: [{ amountGco2e: "2500" }],
  number: "7",
  deadline: "1099511627776",
};
const GRANT: Errand = { ...RETIRE, act: "grant", parts: [{ amountGco2e: "1000", reference: REFERENCE }] };

describe("an errand", () => {
  test.each([RETIRE, GRANT, { ...GRANT, signature: "0x05" as const }])(
    "%j is read back as it was written",
    (errand) => {
      expect(errandOf(JSON.stringify(errand))).toEqual(errand);
    },
  );
  test.each<[string, unknown]>([
    ["nothing", ""],
    ["another act", { ...RETIRE, act: "close" }],
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

test("only a signed errand is a call", () => {
  expect(callOf(RETIRE)).toBeUndefined();
  const [retire, grant] = [RETIRE, GRANT].map((errand) => callOf({ ...errand, signature: "0x05" }));
  expect(keccak256(retire ?? "0x")).not.toBe(keccak256(grant ?? "0x"));
});
