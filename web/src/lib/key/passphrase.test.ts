import { expect, test } from "vitest";
import { strengthOf } from "./passphrase";

test.each([
  ["", "short"],
  ["short", "short"],
  ["aaaaaaaaaaaaaaaaaa", "weak"],
  ["abcdefghijklmnop", "weak"],
  ["1234567890", "weak"],
  ["the kettle sings", "fair"],
  ["seven grey geese over the river", "strong"],
  ["春眠不觉晓", "short"],
  ["门前老槐树开花三回", "fair"],
  ["好好好好好好好好好", "weak"],
  ["春眠不觉晓处处闻啼鸟夜来风雨声", "strong"],
])("%j is %s", (passphrase, strength) => {
  expect(strengthOf(passphrase)).toBe(strength);
});
