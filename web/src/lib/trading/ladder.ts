/** A book's side as people read it: levels put together to coarser prices, and how much there is up to each. */

import type { Level, Side } from "../stream/book";

export interface Rung {
  readonly pricePerKg: bigint;
  readonly lots: bigint;
  readonly orders: number;
  /** Lots at this price and every better one. */
  readonly lotsUpTo: bigint;
}

/**
 * The best rungs of a side. `step`: prices are put together to its multiples, against whoever takes them: bids down,
 * asks up, so that no price shown is better than the ones behind it.
 */
export function ladder(levels: readonly Level[], side: Side, step: bigint, most: number): Rung[] {
  const rungs: Rung[] = [];
  let lotsUpTo = 0n;
  for (const { pricePerKg, lots, orders } of levels) {
    const rung = side === "buy" ? (pricePerKg / step) * step : ((pricePerKg + step - 1n) / step) * step;
    const last = rungs.at(-1);
    lotsUpTo += lots;
    if (last?.pricePerKg === rung)
      rungs[rungs.length - 1] = {
        pricePerKg: rung,
        lots: last.lots + lots,
        orders: last.orders + orders,
        lotsUpTo,
      };
    else if (rungs.length === most) break;
    else rungs.push({ pricePerKg: rung, lots, orders, lotsUpTo });
  }
  return rungs;
}

/** What taking so many lots from a side would cost, before the fee: null where it does not have so many. */
export function costOf(levels: readonly Level[], lots: bigint): { cost: bigint; worstPerKg: bigint } | null {
  let [left, cost, worstPerKg] = [lots, 0n, 0n];
  for (const level of levels) {
    if (left === 0n) break;
    const taken = left < level.lots ? left : level.lots;
    cost += taken * level.pricePerKg;
    worstPerKg = level.pricePerKg;
    left -= taken;
  }
  return left === 0n && lots > 0n ? { cost, worstPerKg } : null;
}

/** The spread in basis points of the middle, rounded up as `docs/market.md` says; undefined with one side missing. */
export function spreadBps(bid: bigint | undefined, ask: bigint | undefined): bigint | undefined {
  if (bid === undefined || ask === undefined) return undefined;
  if (ask <= bid) return 0n;
  return (20_000n * (ask - bid) + ask + bid - 1n) / (ask + bid);
}
