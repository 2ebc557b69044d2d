/** Names of regions: countries as the browser knows them; Intl has no names of their parts, so ours stand in the words. */

import { localeOf } from "../lib/amounts";
import en from "../words/regions.en.json";
import zh from "../words/regions.zh.json";
import { spoken } from "../words/words.svelte";

const PARTS: Readonly<Record<"en" | "zh", Readonly<Record<string, string>>>> = { en, zh };

/** `CN-SC` -> `Sichuan, China (CN-SC)`. */
export function regionName(code: string): string {
  const { language } = spoken;
  const countries = new Intl.DisplayNames(localeOf(language), { type: "region" });
  const country = countries.of(code.split("-")[0] ?? code) ?? code;
  const part = PARTS[language][code];
  if (part === undefined) return code.includes("-") ? `${country} (${code})` : country;
  return language === "zh" ? `${country}${part}` : `${part}, ${country}`;
}
