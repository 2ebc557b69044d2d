import { beforeAll, expect, test, vi } from "vitest";
import { PassphraseWrong } from "../lib/key/keystore";
import { Problem } from "../lib/problem";
import { DeploymentDiffers } from "../lib/signing/typedData";
import { filled, said, wordsOf } from "./failure.svelte";
import { speak } from "./words.svelte";

const problem = (code: string, fields: object = {}): Problem =>
  new Problem({ code, title: "", detail: "the server's English", status: 422, ...fields });

beforeAll(async () => {
  await speak(["shell"], "en");
  expect(wordsOf(problem("auth.required"))).toEqual({ words: "the server's English", code: "auth.required" });
  await speak(["shell"], "zh");
  await vi.waitFor(() => expect(wordsOf(problem("auth.required")).words).toBe("请先登录。"));
});

test("a problem's fields stand in its Chinese sentence", () => {
  const { words } = wordsOf(problem("market.amount_out_of_range", { lots: "3", lotsMin: "5", lotsMax: "9" }));
  expect(words).toBe("3 千克不在 5 至 9 千克之间。");
});

test("one of several things wrong is told as a whole problem is", () => {
  const row = { line: "3", column: "unit", code: "unit.unknown", message: "no", unit: "kWk", accepted: ["kWh", "MJ"] };
  expect(said(row.code, row.message, row)).toBe("没有“kWk”这个单位，可用 kWh、MJ。");
});

test("a price is told as money", () => {
  const crossing = problem("market.post_only_would_cross", { pricePerKg: "120000", bestPerKg: "100000" });
  expect(wordsOf(crossing).words).toBe("价格 0.12 会立即成交（对手价 0.10），“只挂单”不允许。");
  expect(wordsOf(problem("market.price_off_tick", { pricePerKg: "80050", tick: "100" })).words).toContain("0.08005");
});

test("a problem without a field that its sentence names is told in the server's words", () => {
  expect(wordsOf(problem("market.amount_out_of_range", { lots: "3" })).words).toBe("the server's English");
  expect(wordsOf(problem("not.known_here")).words).toBe("the server's English");
});

test("the pages' own failures are told in Chinese too", () => {
  expect(wordsOf(new PassphraseWrong()).words).toBe("口令打不开这把密钥。");
  expect(wordsOf(new DeploymentDiffers("chain", "1", "31337")).words).toContain("31337");
});

test("lists are told with Chinese commas", () => {
  expect(filled("可选 {known}。", { known: ["甲", "乙"] })).toBe("可选 甲、乙。");
});
