/** The market's figures as people read them: prices to four places, kilograms, parts of a hundred. */

import { decimalText, kgText, localeOf, moneyText, PAYMENT_DECIMALS } from "../../lib/amounts";
import { figureFormat } from "../../lib/figureFormat";
import { NONE } from "../../parts/columns";
import { spoken, t } from "../../words/words.svelte";

type Units = string | bigint | null | undefined;

/** A price per kg, with four places at the least so that a column lines up. */
export const priceText = (units: Units): string =>
  units == null ? NONE : moneyText(BigInt(units), spoken.language, PAYMENT_DECIMALS, 4);

/** A sum of money in test dollars. */
export const sumText = (units: bigint): string => t("trade.sum", { sum: moneyText(units, spoken.language) });

/** Lots of 1 kg, grouped. */
export const lotsText = (lots: string | bigint): string => kgText(BigInt(lots) * 1000n, spoken.language);

/** Basis points as per cent. */
export function bpsText(bps: bigint | undefined): string {
  if (bps === undefined) return NONE;
  const format = figureFormat(localeOf(spoken.language), 0, 2);
  return `${format.format(decimalText(bps, 2) as Intl.StringNumericLiteral)} %`;
}

/** A moment of today by its time, another by its day too; to the second. */
export function clockText(at: string): string {
  const isToday = new Date(at).toDateString() === new Date().toDateString();
  const options: Intl.DateTimeFormatOptions = isToday
    ? { timeStyle: "medium" }
    : { dateStyle: "short", timeStyle: "medium" };
  return new Intl.DateTimeFormat(localeOf(spoken.language), options).format(new Date(at));
}
