/** An order in words, before it is signed: what it does, what it costs or brings with the fee, and what becomes of the rest. */

import { GRAMS_PER_KG } from "../../lib/amounts";
import type { SchemaVerdictOut as Verdict } from "../../lib/api/schema";
import { atLimit, FEE_CAP_BPS, feeFloor, settled } from "../../lib/trading/fee";
import { EXPIRY_SPARE_S, type Instructions, type Order, type Terms } from "../../lib/trading/terms";
import { t } from "../../words/words.svelte";
import { bpsText, clockText, lotsText, priceText, sumText } from "./figures.svelte";

type What = Pick<Order, "side" | "amountGco2e" | "pricePerKg" | "action" | "expiry">;

/** The order that terms would make now, as far as words need it. */
export const whatOf = (terms: Terms): What => ({
  side: terms.side,
  amountGco2e: terms.lots * GRAMS_PER_KG,
  pricePerKg: terms.pricePerKg,
  action: terms.action,
  expiry: BigInt(Math.floor(Date.now() / 1000) + terms.lifetimeS),
});

function waits(what: What, beside: Instructions): string {
  if (beside.timeInForce === "ioc") return t("trade.rest_given_up");
  if (beside.timeInForce === "fok") return t("trade.all_or_nothing");
  const leaves = beside.goodUntil ?? Number(what.expiry) - EXPIRY_SPARE_S;
  return t("trade.rest_waits", { until: clockText(new Date(leaves * 1000).toISOString()) });
}

/** Sentences of what a signature under an order allows, and what stands beside it. `feeBps`: the rate today. */
export function orderWords(code: string, what: What, beside: Instructions, feeBps: bigint): string[] {
  const named = { kg: lotsText(what.amountGco2e / GRAMS_PER_KG), code, price: priceText(what.pricePerKg) };
  const at = (bps: bigint): string => sumText(atLimit(what, bps));
  const cost = { today: at(feeBps), bound: at(FEE_CAP_BPS), percent: bpsText(feeBps), most: bpsText(FEE_CAP_BPS) };
  return [
    t(`trade.says_${what.action === "retire" ? "retire" : what.side}`, named),
    t(what.side === "buy" ? "trade.says_costs" : "trade.says_brings", cost),
    waits(what, beside),
    ...(beside.market ? [t("trade.says_protection")] : []),
    ...(beside.postOnly ? [t("trade.says_post_only")] : []),
    ...(beside.selfTrade === "cancel_newest" ? [] : [t(`trade.says_${beside.selfTrade}`)]),
  ];
}

/** What the book has for an order now: how much at once, for how much money, and what becomes of the rest. */
export function verdictWords(terms: Terms, verdict: Verdict, feeBps: bigint): string[] {
  const [lots, cost] = [BigInt(verdict.lotsFillable), BigInt(verdict.cost)];
  const found: string[] = [];
  if (lots > 0n) {
    const named = {
      kg: lotsText(lots),
      of: lotsText(terms.lots),
      price: priceText(cost / lots),
      sum: sumText(settled(terms.side, cost, feeBps)),
      fee: sumText(feeFloor(cost, feeBps)),
    };
    found.push(t(terms.side === "buy" ? "trade.now_buys" : "trade.now_sells", named));
  }
  if (verdict.whyNotAll !== null) found.push(whyNotAll(verdict.whyNotAll));
  else if (lots === 0n) found.push(t("trade.now_waits"));
  return found;
}

const WHY_NOT_ALL = ["collecting", "no_liquidity", "remainder", "not_fillable", "outside_band", "self_trade"] as const;

/** Why lots were, or would be, killed or stopped. */
export function whyNotAll(reason: string): string {
  const known = WHY_NOT_ALL.find((each) => each === reason);
  return known === undefined ? reason : t(`trade.why_${known}`);
}
