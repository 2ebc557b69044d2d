import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codeOf, packClass, unpackClass } from "./classes";

interface Vectors {
  classes: { code: string; id: string }[];
}

const file = join(import.meta.dirname, "../../../../tests/vectors/class_ids.json");
const vectors: Vectors = JSON.parse(readFileSync(file, "utf8"));

test.each(vectors.classes)("$code has the written id", ({ code, id }) => {
  const { region, vintage, methodology } = unpackClass(BigInt(id));
  expect(`${region}/${vintage}/${methodology}`).toBe(code);
  expect(packClass(region, vintage, methodology)).toBe(BigInt(id));
});

test.each([
  ["", 2025, "SIM"],
  ["cn", 2025, "SIM"],
  ["CN-SCXX", 2025, "SIM"],
  ["CN", 1999, "SIM"],
  ["CN", 2025.5, "SIM"],
  ["CN", 2025, "ABCDEFGHI"],
])("a class that cannot be opened has no id: %s %s %s", (region, vintage, methodology) => {
  expect(() => packClass(region, vintage, methodology)).toThrow(RangeError);
});

test("an id that packs nothing is told as it is", () => {
  expect(() => unpackClass(1n)).toThrow(RangeError);
  expect(codeOf(1n)).toBe("1");
});
