import { expect, test } from "vitest";
import { KeptWordsUnreadable, keptWords } from "./keptWords";

test("a kept file is read back as it was written", () => {
  const kept = { words: "给奶奶", salt: `0x${"0a".repeat(16)}` };
  expect(keptWords(JSON.stringify(kept))).toEqual(kept);
});

test.each(["", "[]", "null", "{}", '{"words":"a","salt":"0x0a"}', '{"words":1,"salt":"0x00"}'])(
  "%j keeps no words",
  (text) => {
    expect(() => keptWords(text)).toThrow(KeptWordsUnreadable);
  },
);
