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
