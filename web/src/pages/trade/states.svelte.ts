/** Where an order or a fill stands, and why an order left, in words. */

import type { SchemaOwnTradeOut as Fill, SchemaOrderOut as Order } from "../../lib/api/schema";
import type { Step } from "../../lib/trading/life";
import { t } from "../../words/words.svelte";
import { lotsText } from "./figures.svelte";

const REASONS = [
  "no_liquidity",
  "remainder",
  "not_fillable",
  "outside_band",
  "self_trade",
  "self_trade_with_newer",
  "by_maker",
  "replaced",
  "heartbeat_missed",
  "expired",
  "funds_insufficient",
  "epoch_stale",
  "number_cancelled",
  "fee_above_bound",
  "trade_busted",
] as const;

/** Why an order left the book or shrank; an error of the Exchange is named as it is. */
export function reasonWords(reason: string): string {
  const known = REASONS.find((each) => each === reason);
  return known === undefined ? t("trade.reason_exchange", { error: reason }) : t(`trade.reason_${known}`);
}

const STATES = ["open", "filled", "killed", "cancelled", "expired", "evicted"] as const;

/** An order's state, what of it is matched, and why it left. */
export function stateWords(order: Order): string {
  const state = STATES.find((each) => each === order.state) ?? "open";
  const matched = BigInt(order.lotsMatched);
  const parts: string[] = [t(`trade.state_${state}`)];
  if (matched > 0n && state !== "filled") parts.push(t("trade.so_much_matched", { kg: lotsText(matched) }));
  if (order.reason !== null) parts.push(reasonWords(order.reason));
  return parts.join(" · ");
}

const FILL_STATES = ["matched", "sent", "mined", "final", "busted"] as const;

/** Where a fill is on its way to the chain. */
export const fillWords = (fill: Fill): string =>
  t(`trade.step_${FILL_STATES.find((each) => each === fill.state) ?? "matched"}`);

/** A step in an order's life. */
export const stepWords = (step: Step): string => t(`trade.step_${step}`);

const WHYS = [
  "region",
  "vintage",
  "methodology",
  "no_offers",
  "above_limit",
  "dearer",
  "outside_band",
  "own_order",
  "below_minimum",
  "collecting",
  "closed",
  "cancel_only",
  "halted",
] as const;

/** Why a buy over several classes takes nothing of one. */
export function whyPassed(why: string): string {
  const known = WHYS.find((each) => each === why);
  return known === undefined ? why : t(`trade.passed_${known}`);
}
