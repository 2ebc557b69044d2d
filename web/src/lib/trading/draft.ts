/** An order form as a person fills it, and what it means: the terms of an order, or what is wrong with which field. */

import { AmountMalformed, GRAMS_PER_KG, PAYMENT_DECIMALS, parseDecimal } from "../amounts";
import type { Side } from "../stream/book";
import { protectedPrice } from "./fee";
import { EXPIRY_SPARE_S, type Instructions, PLAIN, type SelfTrade, type Terms } from "./terms";

export const DAY_S = 86_400;

export interface Draft {
  side: Side;
  /** As typed, in kilograms. */
  kg: string;
  /** As typed, money per kilogram; not asked for at the market. */
  price: string;
  kind: "limit" | "market";
  timeInForce: Instructions["timeInForce"];
  /** How long a `gtc` waits. */
  days: number;
  /** For `gtd`: a local time as `<input type="datetime-local">` writes it. */
  until: string;
  postOnly: boolean;
  /** What happens where it would meet an order of the same person. */
  selfTrade: NonNullable<SelfTrade>;
  /** Whether what is bought is retired as it is bought. */
  retires: boolean;
}

export const emptyDraft = (side: Side = "buy"): Draft => ({
  side,
  kg: "",
  price: "",
  kind: "limit",
  timeInForce: "gtc",
  days: 1,
  until: "",
  postOnly: false,
  selfTrade: PLAIN.selfTrade,
  retires: false,
});

export type Fault =
  | "kg_malformed"
  | "kg_whole"
  | "kg_range"
  | "price_malformed"
  | "price_tick"
  | "price_high"
  | "until_soon"
  | "nobody_offers";
export type Faults = Partial<Record<"kg" | "price" | "until", Fault>>;

/** What the book demands of an order: amounts are decimal strings, as the API writes them. */
export interface BookRules {
  readonly tick: string;
  readonly lotsMin: string;
  readonly lotsMax: string;
  readonly priceMax: string;
  readonly protectionBps: number;
}

/** The best price of the side that an order would meet. */
export type Opposite = bigint | undefined;

export type Meant =
  | { readonly terms: Terms; readonly beside: Instructions; readonly faults?: undefined }
  | { readonly terms?: undefined; readonly beside?: undefined; readonly faults: Faults };

function parsed(text: string, places: number): bigint | undefined {
  try {
    const found = parseDecimal(text, places);
    return found > 0n ? found : undefined;
  } catch (failure) {
    if (failure instanceof AmountMalformed) return undefined;
    throw failure;
  }
}

function lotsOf(draft: Draft, rules: BookRules, faults: Faults): bigint {
  const grams = parsed(draft.kg, 3);
  if (grams === undefined) faults.kg = "kg_malformed";
  else if (grams % GRAMS_PER_KG !== 0n) faults.kg = "kg_whole";
  const lots = (grams ?? 0n) / GRAMS_PER_KG;
  if (faults.kg === undefined && (lots < BigInt(rules.lotsMin) || lots > BigInt(rules.lotsMax))) faults.kg = "kg_range";
  return lots;
}

function priceOf(draft: Draft, rules: BookRules, opposite: Opposite, faults: Faults): bigint {
  const tick = BigInt(rules.tick);
  if (draft.kind === "market") {
    if (opposite === undefined) faults.price = "nobody_offers";
    return opposite === undefined ? 0n : protectedPrice(draft.side, opposite, BigInt(rules.protectionBps), tick);
  }
  const price = parsed(draft.price, PAYMENT_DECIMALS);
  if (price === undefined) faults.price = "price_malformed";
  else if (price % tick !== 0n) faults.price = "price_tick";
  else if (price > BigInt(rules.priceMax)) faults.price = "price_high";
  return price ?? 0n;
}

function goodUntilOf(draft: Draft, nowS: number, faults: Faults): number | undefined {
  if (draft.kind === "market" || draft.timeInForce !== "gtd") return undefined;
  const until = Math.floor(new Date(draft.until).getTime() / 1000);
  if (!(until > nowS + EXPIRY_SPARE_S)) faults.until = "until_soon";
  return until;
}

/** What a form means. `nowS`: Unix seconds. */
export function meant(draft: Draft, classId: bigint, rules: BookRules, opposite: Opposite, nowS: number): Meant {
  const faults: Faults = {};
  const lots = lotsOf(draft, rules, faults);
  const pricePerKg = priceOf(draft, rules, opposite, faults);
  const goodUntil = goodUntilOf(draft, nowS, faults);
  if (Object.keys(faults).length > 0) return { faults };
  const lifetimeS = goodUntil === undefined ? draft.days * DAY_S : goodUntil - nowS + 2 * EXPIRY_SPARE_S;
  const action = draft.side === "buy" && draft.retires ? "retire" : "hold";
  const market = draft.kind === "market";
  const timeInForce = market ? "ioc" : draft.timeInForce;
  const rests = timeInForce === "gtc" || timeInForce === "gtd";
  return {
    terms: { side: draft.side, classId, lots, pricePerKg, action, lifetimeS },
    beside: { timeInForce, goodUntil, postOnly: rests && draft.postOnly, market, selfTrade: draft.selfTrade },
  };
}
