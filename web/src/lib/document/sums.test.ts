import { describe, expect, test } from "vitest";
import type { Json } from "./canonical";
import { sumsThatFail } from "./sums";

/** Two months of electricity: 10 kg of budget, 6 kg used, 1 kg of margin; 3 kg of surplus, of which 2.850 mint. */
const fields: [string, Json][] = [
  ["budgetGco2e", "10000"],
  ["footprintGco2e", "6000"],
  ["boundGco2e", "7000"],
  ["marginGco2e", "1000"],
  ["surplusGco2e", "3000"],
  ["deficitGco2e", "0"],
  ["carriedInGco2e", "0"],
  ["carriedOutGco2e", "0"],
  ["nettedGco2e", "0"],
  ["creditGco2e", "2850"],
  ["bufferGco2e", "150"],
  ["month.electricity.01", { budgetGco2e: "5000", footprintGco2e: "4000", boundGco2e: "4000", reportedGco2e: "4000" }],
  ["month.electricity.02", { budgetGco2e: "5000", footprintGco2e: "2000", boundGco2e: "2000", reportedGco2e: "2000" }],
  ["line.1", { category: "electricity", month: "01", gco2e: "4000" }],
  ["line.2", { category: "electricity", month: "02", gco2e: "2000" }],
];
const changed = (name: string, value: Json): Map<string, Json> => new Map(fields).set(name, value);

test("an honest statement's sums agree", () => {
  expect(sumsThatFail(new Map(fields))).toEqual({ sums: [] });
});

describe("a sum that was bent is named", () => {
  test.each([
    ["budgetGco2e", "10001", "budget"],
    ["footprintGco2e", "5999", "footprint"],
    ["boundGco2e", "6999", "bound"],
    ["surplusGco2e", "3001", "surplus"],
    ["deficitGco2e", "1", "deficit"],
    ["creditGco2e", "2851", "rest"],
    ["line.2", { category: "electricity", month: "02", gco2e: "1999" }, "lines"],
  ])("%s", (name, value, sum) => {
    expect(sumsThatFail(changed(name, value)).sums).toContain(sum);
  });
});

test("a field that is missing or no amount is named", () => {
  expect(sumsThatFail(changed("marginGco2e", 1000))).toEqual({ sums: [], missing: "marginGco2e" });
});
