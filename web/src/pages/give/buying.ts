/** Buying what is given or retired on fill: one signed order. Money goes to the sellers, never into a campaign. */

import type { Address } from "viem";
import { kgText, moneyText } from "../../lib/amounts";
import { api, asked } from "../../lib/api/client";
import type { SchemaAckOut, SchemaRelayOut } from "../../lib/api/schema";
import { refOf, SIMULATED, unpack } from "../../lib/chain/classId";
import { deadlineAfter } from "../../lib/giving/act";
import { costOf } from "../../lib/giving/buy";
import type { Buy } from "../../lib/giving/settle";
import { Problem } from "../../lib/problem";
import { sign } from "../../state/signing.svelte";
import { spoken, t } from "../../words/words.svelte";
import { contractHere } from "./acts";

export interface Buying extends Buy {
  readonly beneficiary: Address;
  readonly maxFeeBps: bigint;
  /** Unix seconds. */
  readonly expiry: bigint;
  readonly action: "donate" | "retire";
  /** The campaign's number or the deficit's reference, 32 bytes. */
  readonly ref: string;
}

/** How long a buy waits for what the book does not have at once, such as for a call. */
export const BUYS_FOR_S = 86_400n;

/** A class's fee in basis points, and what a kg of it is offered at now. */
export interface Quote {
  readonly classId: bigint;
  readonly classCode: string;
  readonly feeBps: bigint;
  readonly askPerKg: bigint | undefined;
}

/** Every class of the market with its best offer. */
export async function quotes(): Promise<readonly Quote[]> {
  const classes = await asked(api.GET("/market/classes"));
  return Promise.all(
    classes.map(async ({ classId, classCode, feeBps }) => {
      const path = { class_ref: refOf(classCode) };
      const { ask } = await asked(api.GET("/market/{class_ref}/best", { params: { path } }));
      const askPerKg = ask === null ? undefined : BigInt(ask.pricePerKg);
      return { classId: BigInt(classId), classCode, feeBps: BigInt(feeBps), askPerKg };
    }),
  );
}

/** What is missing of money for so much: held too little, or the exchange may not take enough of it. */
export interface Funds {
  readonly isEnough: boolean;
  /** What the exchange must be allowed, all open buys included; undefined if it is. */
  readonly toAllow: bigint | undefined;
}

export async function fundsFor(needed: bigint): Promise<Funds> {
  const { money } = await asked(api.GET("/balances"));
  const whole = needed + BigInt(money.inOrders) + BigInt(money.inFlight);
  return { isEnough: BigInt(money.held) >= whole, toAllow: BigInt(money.allowed) >= whole ? undefined : whole };
}

/** Lets the exchange take so much of the person's money (EIP-2612), under the nonce that is the chain's next. */
export async function allowMoney(owner: Address, value: bigint): Promise<SchemaRelayOut> {
  const { nonce } = await asked(api.GET("/approvals/payment", { params: { query: { account: owner } } }));
  const message = {
    owner,
    spender: await contractHere("Exchange"),
    value,
    nonce: BigInt(nonce),
    deadline: deadlineAfter(new Date()),
  };
  const words = [t("give.sign_money", { amount: moneyText(value, spoken.language) })];
  const signature = await sign({ contract: "PaymentToken", type: "Permit", message, words });
  const body = { ...message, value: `${value}`, nonce, deadline: `${message.deadline}`, signature };
  return asked(api.POST("/approvals/payment", { body }));
}

function wordsFor(buying: Buying, served: string): string[] {
  const { amountGco2e, pricePerKg, maxFeeBps, classId, classCode, action } = buying;
  const { cost, fee } = costOf(amountGco2e, pricePerKg, maxFeeBps);
  const money = (units: bigint): string => moneyText(units, spoken.language);
  const bought = { kg: kgText(amountGco2e, spoken.language, 3), code: classCode };
  return [
    t("give.sign_buy", { ...bought, price: money(pricePerKg), cost: money(cost), fee: money(fee) }),
    served,
    t(action === "donate" ? "give.honest_gift" : "give.honest_retirement"),
    ...(unpack(classId).methodology === SIMULATED ? [t("shell.sim")] : []),
  ];
}

/** Signs and places a buy. `served`: in words, what becomes of what is bought. */
export async function buyOnFill(maker: Address, buying: Buying, served: string): Promise<SchemaAckOut> {
  const { from } = await asked(api.POST("/orders/numbers", { body: { count: 1 } }));
  const number = BigInt(from);
  try {
    return await placed(maker, buying, served, number, 0n);
  } catch (failure) {
    if (!(failure instanceof Problem) || failure.code !== "market.epoch_stale") throw failure;
    return placed(maker, buying, served, number, BigInt(String(failure.document.expected)));
  }
}

async function placed(maker: Address, buying: Buying, served: string, number: bigint, epoch: bigint) {
  const { beneficiary, classId, amountGco2e, pricePerKg, maxFeeBps, expiry, action, ref } = buying;
  const terms = { maker, beneficiary, classId, side: "buy" as const, amountGco2e, pricePerKg, maxFeeBps, expiry };
  const message = { ...terms, number, epoch, action, ref };
  const words = wordsFor(buying, served);
  const signature = await sign({ contract: "Exchange", type: "Order", message, words });
  const texts = {
    classId: `${classId}`,
    amountGco2e: `${amountGco2e}`,
    pricePerKg: `${pricePerKg}`,
    maxFeeBps: `${maxFeeBps}`,
    expiry: `${expiry}`,
    number: `${number}`,
    epoch: `${epoch}`,
  };
  const waits = { timeInForce: "gtc", postOnly: false, selfTrade: "cancel_newest", market: false } as const;
  return asked(api.POST("/orders", { body: { ...message, ...texts, ...waits, signature } }));
}
