/** A book's depth as two paths of an SVG: stairs that rise away from the middle. Numbers here are pixels only. */

import type { Rung } from "./ladder";

export interface Stairs {
  readonly bids: string;
  readonly asks: string;
  /** The prices at the left and right edge, base units. */
  readonly from: bigint;
  readonly to: bigint;
}

/** How much wider than its outermost prices the picture is, in parts of their distance. */
const MARGIN = 20n;

/** The paths within `wide` by `high`; undefined of an empty book. `bids` and `asks`: best first. */
export function stairs(bids: readonly Rung[], asks: readonly Rung[], wide: number, high: number): Stairs | undefined {
  const prices = [...bids, ...asks].map(({ pricePerKg }) => pricePerKg).sort((one, other) => (one < other ? -1 : 1));
  const [low, top] = [prices[0], prices.at(-1)];
  if (low === undefined || top === undefined) return undefined;
  const margin = (top - low) / MARGIN || low / MARGIN || 1n;
  const [from, to] = [low > margin ? low - margin : 0n, top + margin];
  const [bought, sold] = [bids.at(-1)?.lotsUpTo ?? 0n, asks.at(-1)?.lotsUpTo ?? 0n];
  const deepest = bought > sold ? bought : sold;
  const x = (price: bigint): number => Number(((price - from) * 10_000n) / (to - from)) * (wide / 10_000);
  const y = (lots: bigint): number => high - Number((lots * 10_000n) / deepest) * ((high * 0.95) / 10_000);
  const path = (rungs: readonly Rung[], edge: bigint): string => {
    const [best] = rungs;
    if (best === undefined) return "";
    const steps = rungs.map((rung, at) => {
      const next = rungs[at + 1]?.pricePerKg ?? edge;
      return `V${y(rung.lotsUpTo).toFixed(1)}H${x(next).toFixed(1)}`;
    });
    return `M${x(best.pricePerKg).toFixed(1)},${high}${steps.join("")}V${high}Z`;
  };
  return { bids: path(bids, from), asks: path(asks, to), from, to };
}
