/** What an order costs or brings, as the Exchange counts it: exact, the fee rounded down. */

import { GRAMS_PER_KG } from "../amounts";
import type { Side } from "../stream/book";

export const BPS = 10_000n;
/** The Exchange's hard cap on its fee rate, in basis points of cost: no fill ever costs more. */
export const FEE_CAP_BPS = 100n;

/** The fee on a cost, base units. */
export const feeFloor = (cost: bigint, feeBps: bigint): bigint => (cost * feeBps) / BPS;

/** What a fill moves of a side's money, base units: a buyer pays cost and fee, a seller gets cost less fee. */
export function settled(side: Side, cost: bigint, feeBps: bigint): bigint {
  const fee = feeFloor(cost, feeBps);
  return side === "buy" ? cost + fee : cost - fee;
}

/** The most a buy can cost, or the least a sell brings when it is wholly filled, at a fee rate; base units. */
export const atLimit = (order: { side: Side; amountGco2e: bigint; pricePerKg: bigint }, feeBps: bigint): bigint =>
  settled(order.side, (order.amountGco2e / GRAMS_PER_KG) * order.pricePerKg, feeBps);

/** Kilograms that a sum of money buys at a price with the fee, rounded down. */
export function lotsFor(money: bigint, pricePerKg: bigint, feeBps: bigint): bigint {
  if (pricePerKg === 0n) return 0n;
  let lots = (money * BPS) / (pricePerKg * (BPS + feeBps));
  while (settled("buy", (lots + 1n) * pricePerKg, feeBps) <= money) lots += 1n; // the fee is rounded down
  return lots;
}

/** The furthest whole tick with which a market order is protected, when this is the best price of the other side. */
export function protectedPrice(side: Side, best: bigint, protectionBps: bigint, tick: bigint): bigint {
  const width = (best * protectionBps) / BPS;
  if (side === "buy") return ((best + width) / tick) * tick;
  return ((best - width + tick - 1n) / tick) * tick;
}
