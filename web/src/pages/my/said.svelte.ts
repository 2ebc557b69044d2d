/** Names that the server gives (categories, states, months) in the person's language; one without words as it is. */

import { localeOf } from "../../lib/amounts";
import { kindName } from "../../parts/kinds";
import { type Key, spoken, t } from "../../words/words.svelte";
import words from "./words.en.json";

function said(theme: string, name: string): string {
  const key = `${theme}.${name}`;
  return key in words ? t(`my.${key}` as Key) : name.replaceAll("_", " ");
}

export const categoryName = (name: string): string => said("category", name);
export const stateName = (name: string): string => said("state", name);
export const statusName = (name: string): string => said("status", name);
export const rungName = (name: string): string => said("rung", name);
export const gradeName = (name: string): string => said("grade", name);
export const missingName = (name: string): string =>
  `missing.${name}` in words ? said("missing", name) : kindName(name);
export const sourceName = (name: string): string => said("source", name);
export const correctionName = (name: string): string => said("correction", name);
export const stepName = (name: string): string => said("step", name);
export const actionName = (name: string): string => said("action", name);

/** `2026-03` as people say it within a year. */
export const monthName = (month: string): string =>
  new Intl.DateTimeFormat(localeOf(spoken.language), { month: "short", timeZone: "UTC" }).format(
    new Date(`${month}-15`),
  );
