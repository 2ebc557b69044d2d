import { expect, test } from "vitest";
import { wardIn } from "./ward";

const MEI = "0xAbC0000000000000000000000000000000000001";

test.each([
  [`?ward=${MEI}`, MEI],
  [`?ward=${MEI.toLowerCase()}`, MEI],
  ["?ward=0xAbC0000000000000000000000000000000000002", undefined], // somebody else's child
  ["?ward=", undefined],
  ["", undefined],
])("%j is for %s", (search, ward) => {
  expect(wardIn(search, [MEI])).toBe(ward);
});
