import { expect, test } from "vitest";
import { gapsOf, spansOf } from "./gaps";

test("months in a row are one span, over the turn of the year too", () => {
  expect(spansOf(["2026-02", "2025-12", "2026-01", "2026-05", "2026-05"])).toEqual([
    ["2025-12", "2026-02"],
    ["2026-05", "2026-05"],
  ]);
  expect(spansOf([])).toEqual([]);
});

test("the same gap of several months is told once, with what it costs together", () => {
  const month = (name: string, category: string, missing: readonly string[], costsGco2e: string) => ({
    month: name,
    category,
    missing,
    costsGco2e,
  });
  const told = gapsOf([
    month("2026-01", "electricity", ["meter"], "22"),
    month("2026-01", "travel", ["bus", "rail"], "68"),
    month("2026-02", "travel", ["rail", "bus"], "9007199254740993"),
    month("2026-02", "electricity", ["home"], "20"),
  ]);
  expect(told).toEqual([
    { category: "electricity", missing: ["meter"], spans: [["2026-01", "2026-01"]], costsGco2e: 22n },
    { category: "travel", missing: ["bus", "rail"], spans: [["2026-01", "2026-02"]], costsGco2e: 9007199254741061n },
    { category: "electricity", missing: ["home"], spans: [["2026-02", "2026-02"]], costsGco2e: 20n },
  ]);
});
