import { describe, expect, test } from "vitest";
import { dedicated, digestOf, plainWords, unfitness } from "./dedication";

test("the digest is the one that the server computes", () => {
  const salt = "0x000102030405060708090a0b0c0d0e0f";
  expect(digestOf({ words: "给奶奶 for Grandma", salt })).toBe(
    "0x0ff3f62072ea1bf3a82e250af3ba7b714dafd14c27da19442763a12ed7d0d780",
  );
});

test("the same words under two salts cannot be told to be the same", () => {
  const [one, other] = [dedicated("for Grandma"), dedicated("for Grandma")];
  expect(one.salt).not.toBe(other.salt);
  expect(digestOf(one)).not.toBe(digestOf(other));
});

test("words are composed, in one line, with single spaces", () => {
  expect(plainWords("  e\u0301te\u0301\n 2026 ")).toBe("été 2026");
});

describe("unfitness", () => {
  test.each([
    ["", "none"],
    ["字".repeat(121), "long"],
    ["𠀀".repeat(120), undefined],
    ["a\u202eb", "unseen"],
    ["a\u200bb", "unseen"],
    ["a\u3164b", "unseen"],
    ["a\ufe0fb", "unseen"],
    [`a${"\u0336".repeat(5)}`, "marks"],
    [`a${"\u0336".repeat(4)}`, undefined],
    ["Ирина & 李 <b>", undefined],
  ])("of %j is %s", (words, expected) => {
    expect(unfitness(words)).toBe(expected);
  });
});
