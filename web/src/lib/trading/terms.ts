/** What a trader wants, and the order that it makes: contracts/eip712/order.json, with what stands beside it unsigned. */

import type { Address, Hex } from "viem";
import { GRAMS_PER_KG } from "../amounts";
import type { SchemaOrderBody as OrderBody, SchemaOrderOut as OrderOut } from "../api/schema";
import type { Side } from "../stream/book";
import { FEE_CAP_BPS } from "./fee";

/** Nothing referred to: only a buy that retires or donates carries a reference. */
export const ZERO_REF: Hex = `0x${"0".repeat(64)}`;
/** Before its signed expiry an order leaves the book by so much, for a fill to reach the chain. Seconds. */
export const EXPIRY_SPARE_S = 60;

export type TimeInForce = OrderBody["timeInForce"];
export type SelfTrade = OrderBody["selfTrade"];

/** How an order may wait and what becomes of it when it comes in: not signed, since it only narrows what was. */
export interface Instructions {
  readonly timeInForce: NonNullable<TimeInForce>;
  /** Unix seconds, for `gtd` only. */
  readonly goodUntil: number | undefined;
  readonly postOnly: boolean;
  readonly market: boolean;
  readonly selfTrade: NonNullable<SelfTrade>;
}

export const PLAIN: Instructions = {
  timeInForce: "gtc",
  goodUntil: undefined,
  postOnly: false,
  market: false,
  selfTrade: "cancel_newest",
};

/** An order to be. */
export interface Terms {
  readonly side: Side;
  readonly classId: bigint;
  readonly lots: bigint;
  /** Base units of the payment token. */
  readonly pricePerKg: bigint;
  readonly action: "hold" | "retire";
  /** Seconds from signing to the signed expiry. */
  readonly lifetimeS: number;
}

/** The order as it is signed. */
export interface Order {
  readonly maker: Address;
  readonly beneficiary: Address;
  readonly classId: bigint;
  readonly side: Side;
  readonly amountGco2e: bigint;
  readonly pricePerKg: bigint;
  readonly maxFeeBps: bigint;
  /** Unix seconds. */
  readonly expiry: bigint;
  readonly number: bigint;
  readonly epoch: bigint;
  readonly action: "hold" | "retire";
  readonly ref: Hex;
}

/** The order that terms make for an account, now, under a number. */
export function orderOf(terms: Terms, maker: Address, number: bigint, epoch: bigint, nowS: number): Order {
  return {
    maker,
    beneficiary: maker,
    classId: terms.classId,
    side: terms.side,
    amountGco2e: terms.lots * GRAMS_PER_KG,
    pricePerKg: terms.pricePerKg,
    maxFeeBps: FEE_CAP_BPS,
    expiry: BigInt(nowS + terms.lifetimeS),
    number,
    epoch,
    action: terms.action,
    ref: ZERO_REF,
  };
}

/** An order that could take an open one's place, under its number: only one of the two can ever fill. */
export function replacing(old: OrderOut, lots: bigint, pricePerKg: bigint, nowS: number, lifetimeS: number): Order {
  return {
    maker: old.maker as Address,
    beneficiary: old.beneficiary as Address,
    classId: BigInt(old.classId),
    side: old.side,
    amountGco2e: lots * GRAMS_PER_KG,
    pricePerKg,
    maxFeeBps: BigInt(old.maxFeeBps),
    expiry: BigInt(nowS + lifetimeS),
    number: BigInt(old.number),
    epoch: BigInt(old.epoch),
    action: old.action as Order["action"],
    ref: old.ref as Hex,
  };
}

/** The instructions of an order that is in the book. */
export const instructionsOf = (order: OrderOut): Instructions => ({
  timeInForce: order.timeInForce,
  goodUntil: order.goodUntil === null ? undefined : Number(order.goodUntil),
  postOnly: order.postOnly,
  market: order.market,
  selfTrade: order.selfTrade,
});

/** The JSON that `POST /orders` and `/orders/validate` take. */
export function bodyOf(order: Order, beside: Instructions, signature: Hex): OrderBody {
  return {
    maker: order.maker,
    beneficiary: order.beneficiary,
    classId: String(order.classId),
    side: order.side,
    amountGco2e: String(order.amountGco2e),
    pricePerKg: String(order.pricePerKg),
    maxFeeBps: String(order.maxFeeBps),
    expiry: String(order.expiry),
    number: String(order.number),
    epoch: String(order.epoch),
    action: order.action,
    ref: order.ref,
    timeInForce: beside.timeInForce,
    goodUntil: beside.goodUntil === undefined ? null : String(beside.goodUntil),
    postOnly: beside.postOnly,
    selfTrade: beside.selfTrade,
    clientOrderId: null,
    market: beside.market,
    signature,
  };
}
