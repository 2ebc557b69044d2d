/**
 * What became of one mint, gram by gram: moved, sold, given, retired, or still held, and by whom.
 *
 * Grams of a class are alike, so which of an account's grams leave is a convention: first in, first out, as books are
 * kept elsewhere. The amounts are the chain's; the convention only says whose they were. Every gram has exactly one end.
 */

import type { Address, Hex } from "viem";
import { type Move, movesOf, NOBODY } from "./books";
import { type ChainEvent, contractOf, type Deployment } from "./history";

/** Why grams moved, as the events around the move say. */
export type Cause = "mint" | "fill" | "gift" | "refund" | "retirement" | "grant" | "refill" | "transfer";

/** One step of a mint's grams. `retirement`, `grant` and `refill` are ends. */
export interface Step {
  readonly cause: Cause;
  readonly amount: bigint;
  readonly from: Address;
  readonly to: Address;
  readonly txHash: Hex;
  readonly blockNumber: bigint;
}

/** A mint's whole life. `held`: who has what is left of it, in grams. */
export interface Life {
  readonly mint: Hex;
  readonly classId: bigint;
  readonly amount: bigint;
  readonly steps: readonly Step[];
  readonly held: readonly { readonly account: Address; readonly amount: bigint }[];
}

interface Lot {
  readonly mint: Hex;
  amount: bigint;
}

type Issued = Extract<ChainEvent, { eventName: "Issued" }>;

function causeOf(move: Move, transaction: readonly ChainEvent[], deployment: Deployment): Cause {
  const said = (name: ChainEvent["eventName"]): boolean => transaction.some((event) => event.eventName === name);
  const charity = deployment.addresses.Charity.toLowerCase();
  if (move.from === NOBODY) return "mint";
  if (move.to === NOBODY) {
    if (move.from.toLowerCase() === charity && said("Granted")) return "grant";
    return said("Retired") ? "retirement" : "refill";
  }
  if (move.to.toLowerCase() === charity) return "gift";
  if (move.from.toLowerCase() === charity) return "refund";
  return said("Filled") ? "fill" : "transfer";
}

/** Takes grams out of an account's lots, oldest first. */
function takeOut(lots: Lot[], amount: bigint): Lot[] {
  const taken: Lot[] = [];
  let left = amount;
  while (left > 0n) {
    const oldest = lots[0];
    if (oldest === undefined) break; // more than was ever there: the books name that as a finding
    // biome-ignore lint/complexity/useMathMinMax: Math.min takes no bigint
    const part = oldest.amount < left ? oldest.amount : left;
    taken.push({ mint: oldest.mint, amount: part });
    oldest.amount -= part;
    left -= part;
    if (oldest.amount === 0n) lots.shift();
  }
  return taken;
}

/** The Issued event that a mint's transfer belongs to, once each: of two alike either will do. */
function takeMint(mints: Issued[], move: Move): Issued | undefined {
  const at = mints.findIndex(({ args }) => {
    return args.account === move.to && args.classId === move.classId && args.amount === move.amount;
  });
  return at < 0 ? undefined : mints.splice(at, 1)[0];
}

function byTransaction(events: readonly ChainEvent[]): ChainEvent[][] {
  const groups: ChainEvent[][] = [];
  for (const event of events) {
    const group = groups.at(-1);
    if (group?.[0]?.transactionHash === event.transactionHash) group.push(event);
    else groups.push([event]);
  }
  return groups;
}

/** The life of every mint, by nullifier; linear in events and in the lots they split into. */
export function livesOf(deployment: Deployment, events: readonly ChainEvent[]): Map<Hex, Life> {
  const lots = new Map<string, Lot[]>();
  const lives = new Map<Hex, { issued: Issued; steps: Step[] }>();
  const lotsOf = (account: Address, classId: bigint): Lot[] => {
    const key = `${account}|${classId}`;
    const known = lots.get(key) ?? [];
    lots.set(key, known);
    return known;
  };
  for (const transaction of byTransaction(events)) {
    const ours = transaction.filter((event) => contractOf(deployment, event) !== undefined);
    const mints = ours.filter((event): event is Issued => event.eventName === "Issued");
    for (const issued of mints) lives.set(issued.args.nullifier, { issued, steps: [] });
    for (const move of ours.flatMap(movesOf)) {
      const issued = move.from === NOBODY ? takeMint(mints, move) : undefined;
      const taken = issued
        ? [{ mint: issued.args.nullifier, amount: move.amount }]
        : takeOut(lotsOf(move.from, move.classId), move.amount);
      const { transactionHash: txHash, blockNumber } = move.event;
      const cause = causeOf(move, ours, deployment);
      for (const lot of taken) {
        lives
          .get(lot.mint)
          ?.steps.push({ cause, amount: lot.amount, from: move.from, to: move.to, txHash, blockNumber });
        if (move.to !== NOBODY) lotsOf(move.to, move.classId).push({ ...lot });
      }
    }
  }
  const held = heldByMint(lots);
  return new Map(
    [...lives].map(([mint, { issued, steps }]) => {
      const { classId, amount } = issued.args;
      return [mint, { mint, classId, amount, steps, held: held.get(mint) ?? [] }];
    }),
  );
}

/** Who holds how much of each mint, from one pass over what everybody has. */
function heldByMint(lots: ReadonlyMap<string, readonly Lot[]>): Map<Hex, { account: Address; amount: bigint }[]> {
  const held = new Map<Hex, { account: Address; amount: bigint }[]>();
  for (const [key, own] of lots) {
    const account = key.slice(0, key.indexOf("|")) as Address;
    const ofMint = new Map<Hex, bigint>();
    for (const { mint, amount } of own) ofMint.set(mint, (ofMint.get(mint) ?? 0n) + amount);
    for (const [mint, amount] of ofMint) {
      const parts = held.get(mint) ?? [];
      parts.push({ account, amount });
      held.set(mint, parts);
    }
  }
  return held;
}
