import { expect, test } from "vitest";
import { meanOf } from "./region";

const batch = (creditClass: string, state: string, people: number, footprintsGco2e: string) => ({
  creditClass,
  state,
  people,
  footprintsGco2e,
});

test("the mean is of all people of the class's anchored batches, in exact grams", () => {
  const batches = [
    batch("CN-SC/2025/SIM", "anchored", 3, "27021597764222976"),
    batch("CN-SC/2025/SIM", "anchored", 1, "3"),
    batch("CN-SC/2025/SIM", "approved", 5, "1"),
    batch("US-CA/2025/SIM", "anchored", 9, "900"),
  ];
  expect(meanOf(batches, "CN-SC/2025/SIM")).toEqual({ people: 4, footprintGco2e: 6755399441055745n });
  expect(meanOf(batches, "US-CA/2025/SIM")).toEqual({ people: 9, footprintGco2e: 100n });
});

test("without a batch on the chain there is no mean", () => {
  expect(meanOf([batch("CN-SC/2026/SIM", "planned", 4, "9")], "CN-SC/2026/SIM")).toBeUndefined();
});
