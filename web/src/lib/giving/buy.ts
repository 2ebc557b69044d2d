/** A buy that gives or retires what it bought: what it may cost at the most. Base units of the payment token. */

import { GRAMS_PER_KG } from "../amounts";
import { feeFloor } from "../trading/fee";

export interface Cost {
  readonly cost: bigint;
  /** At most, on top; rounded down, as the contract does. */
  readonly fee: bigint;
}

/** The most that whole kg cost at a price per kg, and the fee on that in basis points. */
export function costOf(amountGco2e: bigint, pricePerKg: bigint, maxFeeBps: bigint): Cost {
  const cost = (amountGco2e / GRAMS_PER_KG) * pricePerKg;
  return { cost, fee: feeFloor(cost, maxFeeBps) };
}
