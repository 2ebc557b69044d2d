/** A share of what is sold, as people write it and as a pledge holds it. */

import { parseDecimal } from "../amounts";

const WHOLE_BPS = 10_000n;

/** `12.5` per cent in basis points: above nothing, below all (all means what is left); undefined of any other text. */
export function shareBps(percent: string): bigint | undefined {
  try {
    const bps = parseDecimal(percent, 2);
    return bps > 0n && bps < WHOLE_BPS ? bps : undefined;
  } catch {
    return undefined; // no number, or finer than a basis point
  }
}

/** Basis points as per cent, plain digits: `1250n` -> `12.5`. */
export function percentOf(bps: bigint): string {
  const whole = bps / 100n;
  const rest = (bps % 100n).toString().padStart(2, "0").replace(/0+$/, "");
  return rest === "" ? `${whole}` : `${whole}.${rest}`;
}
