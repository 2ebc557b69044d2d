/** What became of an order when it came in, in words. */

import type { SchemaAckOut as Ack } from "../../lib/api/schema";
import { t } from "../../words/words.svelte";
import { lotsText, priceText } from "./figures.svelte";
import { whyNotAll } from "./told.svelte";

/** Sentences of an acknowledgement. */
export function outcomeWords(ack: Ack): string[] {
  const filled = ack.fills.reduce((sum, { lots }) => sum + BigInt(lots), 0n);
  const cost = ack.fills.reduce((sum, { lots, pricePerKg }) => sum + BigInt(lots) * BigInt(pricePerKg), 0n);
  const found = [t("trade.accepted", { number: String(ack.sequence) })];
  if (filled > 0n) found.push(t("trade.matched_now", { kg: lotsText(filled), price: priceText(cost / filled) }));
  if (BigInt(ack.lotsOpen) > 0n) found.push(t("trade.waits_now", { kg: lotsText(ack.lotsOpen) }));
  if (ack.reason !== null) found.push(whyNotAll(ack.reason));
  return found;
}
