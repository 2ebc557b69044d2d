/** Settling a deficit: which own credits to retire, or which offers to buy, for how much of it. Grams and base units. */

import { GRAMS_PER_KG } from "../amounts";
import type { SchemaOwedOut } from "../api/schema";

export type Owed = SchemaOwedOut;

export interface Part {
  readonly classId: bigint;
  readonly classCode: string;
  readonly amountGco2e: bigint;
}

export interface Buy extends Part {
  /** Base units per kg, the dearest offer it takes. */
  readonly pricePerKg: bigint;
}

/** A buy from the offers that stand. */
export interface OfferedBuy extends Buy {
  /** Base units that those offers ask for it; undefined if it takes only some of what is offered. */
  readonly costNow: bigint | undefined;
}

/** The lesser of two amounts. */
export const lesser = (one: bigint, other: bigint): bigint => (one < other ? one : other);

/** Own credits for so many grams of it, in the order the server lists them: the oldest vintage first. */
export function fromOwn(owed: Owed, wantedGco2e: bigint): readonly Part[] {
  let left = wantedGco2e;
  const parts: Part[] = [];
  for (const held of owed.ownCredits) {
    const amountGco2e = lesser(left, BigInt(held.amountGco2e));
    if (amountGco2e > 0n) parts.push({ classId: BigInt(held.classId), classCode: held.classCode, amountGco2e });
    left -= amountGco2e;
  }
  return parts;
}

/** A buy for each class that is offered, for so many grams of it in whole kg, rounded up: the market trades no less. */
export function fromMarket(owed: Owed, wantedGco2e: bigint): readonly OfferedBuy[] {
  let left = (wantedGco2e + GRAMS_PER_KG - 1n) / GRAMS_PER_KG;
  const buys: OfferedBuy[] = [];
  for (const offer of owed.market.offers) {
    const offered = BigInt(offer.lots);
    const lots = lesser(left, offered);
    if (lots > 0n)
      buys.push({
        classId: BigInt(offer.classId),
        classCode: offer.classCode,
        amountGco2e: lots * GRAMS_PER_KG,
        pricePerKg: BigInt(offer.worstPerKg),
        costNow: lots === offered ? BigInt(offer.cost) : undefined,
      });
    left -= lots;
  }
  return buys;
}

/** What buys bring next to what is wanted of them, and to all that is owed. Grams. */
export interface Reach {
  readonly buysGco2e: bigint;
  /** Bought beyond what is owed, for the last started kg: it is retired, and settles nothing. */
  readonly beyondGco2e: bigint;
  /** Wanted, and offered by nobody. */
  readonly shortGco2e: bigint;
}

const above = (one: bigint, other: bigint): bigint => (one > other ? one - other : 0n);

export function reachOf(buys: readonly Buy[], wantedGco2e: bigint, outstandingGco2e: bigint): Reach {
  const buysGco2e = sumOf(buys);
  return {
    buysGco2e,
    beyondGco2e: above(buysGco2e, outstandingGco2e),
    shortGco2e: above(wantedGco2e, buysGco2e),
  };
}

/** The sum of some parts. */
export const sumOf = (parts: readonly Part[]): bigint => parts.reduce((sum, { amountGco2e }) => sum + amountGco2e, 0n);
