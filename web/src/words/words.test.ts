import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "..");
const folders = ["words", join("parts", "key"), ...readdirSync(join(SRC, "pages")).map((room) => join("pages", room))];

const catalogue = (folder: string, language: string): Record<string, string> =>
  JSON.parse(readFileSync(join(SRC, folder, `words.${language}.json`), "utf8"));
const slots = (sentence: string): string[] => [...new Set(sentence.match(/\{\w+\}/g))].sort();

test.each(folders)("%s: both languages say the same things about the same values", (folder) => {
  const [en, zh] = [catalogue(folder, "en"), catalogue(folder, "zh")];
  const whole = (words: Record<string, string>): string[] => Object.keys(words).filter((key) => !key.endsWith(".one"));
  expect(whole(zh).sort()).toEqual(whole(en).sort()); // Chinese has no singular of its own
  for (const key of whole(en)) expect(slots(zh[key] ?? ""), key).toEqual(slots(en[key] ?? ""));
});

/** What a thing was also called in Chinese, and what the glossary calls it: one word for one thing on all pages. */
const called: Record<string, string> = {
  报表: "碳账单",
  对账单: "碳账单",
  核查员: "核证人",
  核证方: "核证人",
  拍卖: "集合竞价",
  领取凭据: "领取文件",
  额度: "碳信用",
};

const chinese = [...folders.map((folder) => join(folder, "words.zh.json")), join("words", "problems.zh.json")];

test.each(chinese)("%s: things are called as the glossary calls them", (file) => {
  const sentences: Record<string, string> = JSON.parse(readFileSync(join(SRC, file), "utf8"));
  for (const [key, sentence] of Object.entries(sentences))
    for (const [other, word] of Object.entries(called)) expect(sentence, `${key}: say ${word}`).not.toContain(other);
});
