/** Orders on their way: what would come of one, its number and signature, and the operator's word for it. */

import type { Address, Hex } from "viem";
import { api, asked } from "../lib/api/client";
import type { SchemaAckOut as Ack, SchemaOrderOut as OpenOrder, SchemaVerdictOut as Verdict } from "../lib/api/schema";
import { Problem } from "../lib/problem";
import { digestOf, typedDataOf } from "../lib/signing/typedData";
import { checkAcknowledgement } from "../lib/trading/acknowledgement";
import { DAY_S } from "../lib/trading/draft";
import { NumberStock, type OrderNumber } from "../lib/trading/numberStock";
import {
  bodyOf,
  type Instructions,
  instructionsOf,
  type Order,
  orderOf,
  replacing,
  type Terms,
} from "../lib/trading/terms";
import { deploymentHere, session } from "./session.svelte";
import { NobodySignedIn, sign } from "./signing.svelte";

const NUMBERS_AT_HAND = 16;
/** Refusals after which an order's number can no longer be used; after any other it serves the next order. */
const NUMBER_GONE = ["market.number_not_leased", "market.number_lease_expired", "market.number_cancelled"];

export type Words = (order: Order) => readonly string[];

const nowS = (): number => Math.floor(Date.now() / 1000);

/** One account's side of the market, as long as it is signed in. */
class Desk {
  readonly numbers = new NumberStock(() => asked(api.POST("/orders/numbers", { body: { count: NUMBERS_AT_HAND } })));
  /** Of the account on the Exchange, as far as is known: the server says if it is another. */
  epoch = 0n;
  /** Who signed the first acknowledgement must sign every other. */
  operator: Address | undefined;

  constructor(readonly account: Address) {}
}

let desk: Desk | undefined;

/** Of who is signed in. Throws NobodySignedIn. */
export function deskHere(): Desk {
  const { account } = session;
  if (account === undefined) throw new NobodySignedIn();
  if (desk?.account !== account) desk = new Desk(account);
  return desk;
}

const isCode = (failure: unknown, codes: readonly string[]): failure is Problem =>
  failure instanceof Problem && codes.includes(failure.code);

/** Does something with a number, which serves the next order unless the server keeps it. */
async function underNumber<Found>(here: Desk, act: (number: OrderNumber) => Promise<Found>, keeps: boolean) {
  const number = await here.numbers.take();
  try {
    const found = await act(number);
    if (!keeps) here.numbers.giveBack(number);
    return found;
  } catch (failure) {
    const isUnused =
      !(failure instanceof Problem) || (failure.document.status < 500 && failure.document.status !== 409);
    if (isUnused && !isCode(failure, NUMBER_GONE)) here.numbers.giveBack(number);
    throw failure;
  }
}

/** The same once more under the epoch that the server tells, if the account's is another than was known. */
async function underEpoch<Found>(here: Desk, act: () => Promise<Found>): Promise<Found> {
  try {
    return await act();
  } catch (failure) {
    if (!isCode(failure, ["market.epoch_stale"])) throw failure;
    here.epoch = BigInt(String(failure.document.expected));
    return act();
  }
}

/** What would come of an order now, and why it would be refused. Nothing is signed or placed. */
export function preview(terms: Terms, beside: Instructions): Promise<Verdict> {
  const here = deskHere();
  const ask = async (number: OrderNumber): Promise<Verdict> => {
    const { signature: _, ...body } = bodyOf(
      orderOf(terms, here.account, number.number, here.epoch, nowS()),
      beside,
      "0x",
    );
    const verdict = await asked(api.POST("/orders/preview", { body }));
    if (verdict.problem?.code !== "market.epoch_stale" || String(here.epoch) === verdict.problem.expected)
      return verdict;
    here.epoch = BigInt(String(verdict.problem.expected));
    return ask(number);
  };
  return underNumber(here, ask, false);
}

/** The person's signature under an order. Throws Declined. */
export const signedOrder = (order: Order, words: readonly string[]): Promise<Hex> =>
  sign({ contract: "Exchange", type: "Order", message: { ...order }, words });

/** The operator's word for an order, if it is that: the same operator's as ever. Throws AcknowledgementWrong. */
export async function believed(here: Desk, ack: Ack, order: Order): Promise<Ack> {
  const hash = digestOf(typedDataOf("Exchange", "Order", { ...order }, await deploymentHere()));
  here.operator = await checkAcknowledgement(ack, hash, here.operator);
  return ack;
}

async function sent(here: Desk, order: Order, beside: Instructions, words: Words, replaced?: Hex): Promise<Ack> {
  const signature = await signedOrder(order, words(order));
  const body = bodyOf(order, beside, signature);
  const answer = replaced
    ? api.POST("/orders/{order_hash}/replace", { params: { path: { order_hash: replaced } }, body })
    : api.POST("/orders", { body });
  return believed(here, await asked(answer), order);
}

/**
 * Asks for a signature under the order that these terms make now, and places it. `words`: what it will say to the person.
 * Throws Declined, Problem, AcknowledgementWrong.
 */
export function place(terms: Terms, beside: Instructions, words: Words): Promise<Ack> {
  const here = deskHere();
  const act = ({ number }: OrderNumber): Promise<Ack> =>
    underEpoch(here, () => sent(here, orderOf(terms, here.account, number, here.epoch, nowS()), beside, words));
  return underNumber(here, act, true);
}

/** Puts another order in an open one's place: only one of the two can ever fill. Throws as `place`. */
export function replace(
  old: OpenOrder,
  lots: bigint,
  pricePerKg: bigint,
  lifetimeS: number,
  words: Words,
): Promise<Ack> {
  const order = replacing(old, lots, pricePerKg, nowS(), lifetimeS);
  return sent(deskHere(), order, instructionsOf(old), words, old.orderHash as Hex);
}

/** Takes an order off the book, at once and free; what was matched stands. */
export const cancel = (order: OpenOrder) =>
  asked(api.DELETE("/orders/{order_hash}", { params: { path: { order_hash: order.orderHash } } }));

/** Takes every open order off, of one class if it is named. */
export const cancelAll = (code?: string) =>
  asked(api.DELETE("/orders", { params: { query: code === undefined ? {} : { class: code } } }));

/** Cancels an order on the chain too, by a signature: once that is mined nobody can settle it any more. */
export async function cancelHard(order: OpenOrder, words: readonly string[]) {
  const message = { maker: order.maker, number: order.number, deadline: String(nowS() + DAY_S) };
  const signature = await sign({ contract: "Exchange", type: "Cancel", message, words });
  return () => asked(api.POST("/orders/cancel", { body: { ...message, signature, hard: true } }));
}

/**
 * Voids whatever was signed under the account's epoch: off the book at once, and on the chain, wherever a signed order is.
 * `known`: the epoch of an open order, if there is one. Gives back how to ask where it stands; throws as `place`.
 */
export async function cancelEpoch(known: string | undefined, words: readonly string[]) {
  const here = deskHere();
  if (known !== undefined) here.epoch = BigInt(known);
  return underEpoch(here, async () => {
    const { epoch } = here;
    const message = { maker: here.account, epoch: String(epoch), deadline: String(nowS() + DAY_S) };
    const signature = await sign({ contract: "Exchange", type: "CancelAll", message, words });
    const ask = async () => {
      const { chain } = await asked(api.POST("/orders/cancel/epoch", { body: { ...message, signature } }));
      if (chain.state === "confirmed") here.epoch = epoch + 1n;
      return chain;
    };
    await ask(); // here the server says if the epoch is another
    return ask;
  });
}

/** Unless this is said again within so many seconds, every open order is cancelled; 0: never. */
export const beat = (seconds: number) => asked(api.POST("/orders/heartbeat", { body: { seconds } }));
