import { expect, test } from "vitest";
import { parseCode } from "../chain/classId";
import { toldOf } from "./told";
import type { Kind, Value } from "./typedData";

test.each<[string, Kind, Value, string | undefined]>([
  ["amountGco2e", "uint256", 1_234_567n, "1,234.567 kg CO2e"],
  ["pricePerKg", "uint256", 80_100n, "0.0801 / kg"],
  ["value", "uint256", 2_500_000n, "2.50"],
  ["maxFeeBps", "uint256", 25n, "0.25 %"],
  ["classId", "uint256", parseCode("CN-SC/2025/SIM"), "CN-SC/2025/SIM"],
  ["number", "uint256", 7n, undefined],
  ["side", "string", "sell", undefined],
  ["deadline", "uint256", 2n ** 256n - 1n, undefined],
])("%s of %s is told", (name, type, value, text) => {
  expect(toldOf(name, type, value, "en")).toBe(text);
});

test("a time is told in the person's language", () => {
  expect(toldOf("expiry", "uint256", 1_798_761_600n, "zh")).toMatch(/^202[67]年1?[12]月/);
});
