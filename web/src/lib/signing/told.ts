/** A signed field in people's units: kilograms, money, per cent, a date, a class; the name says which (units stand last). */

import { kgText, type Language, localeOf, moneyText } from "../amounts";
import { classCode } from "../chain/classId";
import type { Kind, Value } from "./typedData";

/** Beyond it, seconds are no time that Intl can write, but somebody's way to say never. */
const SECONDS_MAX = 8_640_000_000_000n;

function timeText(seconds: bigint, language: Language): string | undefined {
  if (seconds > SECONDS_MAX) return undefined;
  const format = new Intl.DateTimeFormat(localeOf(language), { dateStyle: "medium", timeStyle: "medium" });
  return format.format(new Date(Number(seconds) * 1000));
}

/** What a field's value means; undefined where the value says it itself. */
export function toldOf(name: string, type: Kind, value: Value, language: Language): string | undefined {
  if (type !== "uint256" || typeof value !== "bigint") return undefined;
  if (name.endsWith("Gco2e")) return `${kgText(value, language, 3)} kg CO2e`;
  if (name === "pricePerKg") return `${moneyText(value, language, undefined, 4)} / kg`;
  if (name === "value") return moneyText(value, language);
  if (name.endsWith("Bps")) return `${Number(value) / 100} %`;
  if (name === "expiry" || name === "deadline" || name.endsWith("At")) return timeText(value, language);
  if (name === "classId") return classCode(value);
  return undefined;
}
