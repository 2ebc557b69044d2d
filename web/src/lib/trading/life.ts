/** The life of one order, step by step, as docs/market.md tells it: accepted, matched, sent, mined, final, and how it left. */

import { GRAMS_PER_KG } from "../amounts";
import type { SchemaOwnTradeOut as Fill, SchemaOrderOut as Order } from "../api/schema";

export type Step =
  | "accepted"
  | "matched"
  | "sent"
  | "mined"
  | "final"
  | "busted"
  | "shrank"
  | "restored"
  | "filled"
  | "killed"
  | "cancelled"
  | "expired"
  | "evicted";

export interface LifeStep {
  readonly at: string;
  readonly step: Step;
  readonly lots: bigint;
  readonly tradeId?: number;
  readonly pricePerKg?: string;
  readonly txHash?: string | null;
  readonly reason?: string | null;
}

const TRADE_BUSTED = "trade_busted";

function stepsOf(fill: Fill): LifeStep[] {
  const [lots, tradeId] = [BigInt(fill.lots), fill.tradeId];
  const steps: LifeStep[] = [{ at: fill.matchedAt, step: "matched", lots, tradeId, pricePerKg: fill.pricePerKg }];
  if (fill.sentAt !== null) steps.push({ at: fill.sentAt, step: "sent", lots, tradeId });
  if (fill.settledAt !== null)
    steps.push({ at: fill.settledAt, step: fill.state as Step, lots, tradeId, txHash: fill.txHash });
  if (fill.bustedAt !== null) steps.push({ at: fill.bustedAt, step: "busted", lots, tradeId, reason: fill.bustReason });
  let latest = "";
  // A block's time is of whole seconds, and of another clock: no step is told before the one that led to it.
  return steps.map((step) => {
    latest = Date.parse(step.at) < Date.parse(latest) ? latest : step.at;
    return { ...step, at: latest };
  });
}

function endOf(order: Order): LifeStep | undefined {
  const lots = BigInt(order.amountGco2e) / GRAMS_PER_KG;
  const [matched, at, reason] = [BigInt(order.lotsMatched), order.changedAt, order.reason];
  if (order.state === "filled") return { at, step: "filled", lots: matched };
  if (order.state !== "open") return { at, step: order.state as Step, lots: lots - matched, reason };
  if (reason === null) return undefined;
  return { at, step: reason === TRADE_BUSTED ? "restored" : "shrank", lots: BigInt(order.lotsOpen), reason };
}

/** Every step in its order. `fills`: the order's own, oldest first. */
export function lifeOf(order: Order, fills: readonly Fill[]): LifeStep[] {
  const accepted: LifeStep = { at: order.acceptedAt, step: "accepted", lots: BigInt(order.amountGco2e) / GRAMS_PER_KG };
  const end = endOf(order);
  const steps = [accepted, ...fills.flatMap(stepsOf), ...(end === undefined ? [] : [end])];
  return steps.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}
