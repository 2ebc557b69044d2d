/**
 * Grams, lots and money as bigint, and the one way they become text.
 *
 * Mass is integer grams of CO2e, a lot is 1 kg, prices are base units of the payment token per kg: cost = lots * price,
 * exact. Nothing here is ever a number: Intl takes decimal texts as they are.
 */

import { figureFormat } from "./figureFormat";

export const GRAMS_PER_KG = 1000n;
export const PAYMENT_DECIMALS = 6;

/** As wide as a digit, and never broken from its number; Intl writes a hyphen in our languages. */
export const MINUS = "\u2212";

export type Language = "en" | "zh";
const LOCALES: Record<Language, string> = { en: "en-GB", zh: "zh-CN" };

/** BCP 47 tag of a language, for Intl. */
export const localeOf = (language: Language): string => LOCALES[language];

/** A text that is no amount, or has more places than the unit has. */
export class AmountMalformed extends Error {
  constructor(
    readonly text: string,
    readonly places: number,
  ) {
    super(`"${text}" is not an amount with at most ${places} decimal places`);
  }
}

/** `1234567n, 3` -> `"1234.567"`: plain digits and a point, no grouping. */
export function decimalText(units: bigint, places: number): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  return places === 0 ? sign + whole : `${sign}${whole}.${digits.slice(digits.length - places)}`;
}

/**
 * The inverse: exact, or AmountMalformed. Spaces around, grouping commas and a true minus are allowed, as people paste
 * what we write.
 */
export function parseDecimal(text: string, places: number): bigint {
  const typed = text.trim().replace(MINUS, "-");
  const plain = typed.replace(/(?<=\d)[,\u202f\u00a0](?=\d{3}(\D|$))/g, "");
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(plain);
  const fraction = match?.[3]?.replace(/0+$/, "") ?? "";
  if (match === null || fraction.length > places) throw new AmountMalformed(text, places);
  const units = BigInt(`${match[2]}${fraction.padEnd(places, "0")}`);
  return match[1] ? -units : units;
}

function written(text: string, language: Language, least: number, most: number): string {
  return figureFormat(LOCALES[language], least, most)
    .format(text as Intl.StringNumericLiteral)
    .replace("-", MINUS);
}

/** Grams as kg: `places` decimals at the most and at the least, so that a column lines up. 3 loses nothing. */
export function kgText(amountGco2e: bigint, language: Language, places = 0): string {
  return written(decimalText(amountGco2e, 3), language, places, places);
}

/** From how many grams on how many decimals of a kg are told: a little must not read as nothing. */
const PLACES: readonly (readonly [bigint, number])[] = [
  [9_950n, 0],
  [995n, 1],
  [10n, 2],
  [1n, 3],
];

/** Grams as kg to read along, not to add up: whole kg, and decimals only of what is below ten. */
export function shortKgText(amountGco2e: bigint, language: Language): string {
  const size = amountGco2e < 0n ? -amountGco2e : amountGco2e;
  const [, places] = PLACES.find(([least]) => size >= least) ?? [0n, 0];
  return written(decimalText(amountGco2e, 3), language, 0, places);
}

/** Base units of money per kg, or of money: four decimals at the least, none dropped. */
export function moneyText(units: bigint, language: Language, decimals = PAYMENT_DECIMALS, least = 2): string {
  return written(decimalText(units, decimals), language, least, decimals);
}

/** Per cent of a whole, in tenths, rounded down; undefined of nothing. */
export function percentText(part: bigint, whole: bigint, language: Language): string | undefined {
  if (whole === 0n) return undefined;
  return `${written(decimalText((part * 1000n) / whole, 1), language, 0, 1)} %`;
}
