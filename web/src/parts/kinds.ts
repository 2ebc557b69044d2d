/** Names of the kinds of activity and of their units; one without words as it is. */

import en from "../words/kinds.en.json";
import zh from "../words/kinds.zh.json";
import { spoken } from "../words/words.svelte";

const NAMES: Readonly<Record<"en" | "zh", Readonly<Record<string, string>>>> = { en, zh };

const named = (theme: "kind" | "unit", name: string): string =>
  NAMES[spoken.language][`${theme}.${name}`] ?? name.replaceAll("_", " ");

export const kindName = (name: string): string => named("kind", name);
export const unitName = (name: string): string => named("unit", name);

/** `12.5 passenger_km` -> `12.5 passenger-km`. */
export function quantityText(given: string): string {
  const [quantity = "", unit] = given.split(" ");
  return unit === undefined ? given : `${quantity} ${unitName(unit)}`;
}
