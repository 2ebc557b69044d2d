/** What this person likes, kept in this browser: language, light or dark, and whether prices are shown at all. */

import type { Language } from "../lib/amounts";

export type Theme = "system" | "light" | "dark";

interface Preferences {
  language: Language;
  theme: Theme;
  /** The "no money" mode: no price, cost or balance of money is shown anywhere. */
  showsMoney: boolean;
}

const PLACE = "tanyu.preferences";

function usual(): Preferences {
  const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  return { language, theme: "system", showsMoney: true };
}

function kept(): Preferences {
  const said = usual();
  try {
    const text: unknown = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
    if (typeof text !== "object" || text === null) return said;
    if ("language" in text && (text.language === "en" || text.language === "zh")) said.language = text.language;
    if ("theme" in text && (text.theme === "light" || text.theme === "dark")) said.theme = text.theme;
    if ("showsMoney" in text && typeof text.showsMoney === "boolean") said.showsMoney = text.showsMoney;
  } catch {
    return usual(); // a browser that keeps nothing, or something that is not ours
  }
  return said;
}

export const preferences = $state(kept());

/** Keeps the preferences, and tells the document about them. Call it in an effect. */
export function applyPreferences(): void {
  const { language, theme, showsMoney } = preferences;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(PLACE, JSON.stringify({ language, theme, showsMoney }));
  } catch {
    // A browser that keeps nothing: they last as long as the page.
  }
}
