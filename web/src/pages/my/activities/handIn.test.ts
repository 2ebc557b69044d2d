import { expect, test } from "vitest";
import { isXml } from "./handIn";

test.each([
  ["usage.xml", "", true],
  ["USAGE.XML", "", true],
  ["usage.txt", '\n<?xml version="1.0"?>', true],
  ["year.csv", "category,kind", false],
  ["year.txt", "category,kind", false],
])("%s that begins with %j is XML: %s", (name, start, is) => {
  expect(isXml(name, start)).toBe(is);
});
