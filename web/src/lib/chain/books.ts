/**
 * Supply, balances and campaigns, kept from events alone, and what does not add up in them.
 *
 * The same promises that `tanyu audit` checks, as far as a page can: INV-01 (supply), INV-02 (once per nullifier), INV-06
 * (retired for good; a campaign's totals). After each transaction the classes it touched must add up. All in grams.
 */

import type { Address, Hex } from "viem";
import { ClassIdMalformed, parseCode, SIMULATED } from "./classId";
import { type ChainEvent, contractOf, type Deployment } from "./history";

export const NOBODY = "0x0000000000000000000000000000000000000000";
const LOCAL_CHAIN_ID = 31337;

/** What a check looks at; `promise` is the INV it belongs to. */
export const CHECKS = {
  "supply.class": "INV-01",
  "supply.identity": "INV-01",
  "supply.cap": "INV-01",
  "supply.surplus": "INV-01",
  "supply.mints_explained": "INV-01",
  "supply.state": "INV-01",
  "supply.nullifier": "INV-02",
  "supply.root": "INV-02",
  "holdings.covered": "INV-01",
  "holdings.state": "INV-01",
  "retired.state": "INV-06",
  "giving.totals": "INV-06",
  "giving.held": "INV-06",
  "giving.state": "INV-06",
} as const;
export type Check = keyof typeof CHECKS;

/** Something that is not as promised. */
export interface Finding {
  readonly check: Check;
  readonly subject: string;
  readonly expected: string;
  readonly found: string;
  readonly txHash?: Hex;
}

/** Totals of a class in grams. */
export interface ClassTotals {
  readonly classId: bigint;
  cap: bigint;
  bufferRateBps: number;
  budgets: bigint;
  surplus: bigint;
  issued: bigint;
  held: bigint;
  buffer: bigint;
  retired: bigint;
  cancelled: bigint;
  reversed: bigint;
}

/** Totals of a campaign in one class, in grams. */
export interface Pocket {
  donated: bigint;
  retired: bigint;
  granted: bigint;
  refunded: bigint;
}

/** Grams of a class that changed hands; from or to NOBODY is a mint or a burn. */
export interface Move {
  readonly from: Address;
  readonly to: Address;
  readonly classId: bigint;
  readonly amount: bigint;
  readonly event: ChainEvent;
}

/** The moves in a transfer event; none in any other. */
export function movesOf(event: ChainEvent): Move[] {
  if (event.eventName === "TransferSingle") {
    const { from, to, id, value } = event.args;
    return [{ from, to, classId: id, amount: value, event }];
  }
  if (event.eventName === "TransferBatch") {
    const { from, to, ids, values } = event.args;
    return ids.map((classId, at) => ({ from, to, classId, amount: values[at] ?? 0n, event }));
  }
  return [];
}

const textOf = (bytes: Hex): string =>
  (bytes.slice(2).match(/../g) ?? [])
    .map((code) => String.fromCharCode(Number.parseInt(code, 16)))
    .join("")
    .replace(/\0+$/, "");

/** What fields pack to; -1, which no id is, if they pack to nothing. */
function packed(region: string, vintage: number, methodology: string): bigint {
  try {
    return parseCode(`${region}/${vintage}/${methodology}`);
  } catch (failure) {
    if (failure instanceof ClassIdMalformed) return -1n;
    throw failure;
  }
}

/** Keeps the books of one chain. Feed it `take` in order, `endTransaction` after each transaction's last event. */
export class Books {
  readonly classes = new Map<bigint, ClassTotals>();
  /** Grams by `account|class`. */
  readonly balances = new Map<string, bigint>();
  /** Grams retired by `beneficiary|class`. */
  readonly retired = new Map<string, bigint>();
  /** By `campaign|class`. */
  readonly pockets = new Map<string, Pocket>();
  readonly nullifiers = new Set<Hex>();
  readonly roots = new Map<Hex, { classId: bigint; surplus: bigint; minted: bigint }>();
  readonly findings: Finding[] = [];
  /** How often each check was made. */
  readonly made = new Map<Check, number>();

  /** Grams that all campaigns together hold of a class: kept, as a sum over all at each gift would grow with both. */
  private readonly heldByCampaigns = new Map<bigint, bigint>();
  private readonly touched = new Set<bigint>();
  private readonly pocketsTouched = new Set<string>();
  private moved: string[] = [];
  private said: string[] = [];

  constructor(private readonly deployment: Deployment) {}

  /** Counts a check, and keeps a finding if it does not hold. */
  require(check: Check, holds: boolean, finding: Omit<Finding, "check">): void {
    this.made.set(check, (this.made.get(check) ?? 0) + 1);
    if (!holds) this.findings.push({ check, ...finding });
  }

  private equal(check: Check, subject: string, expected: bigint, found: bigint, txHash?: Hex): void {
    const finding = { subject, expected: expected.toString(), found: found.toString() };
    this.require(check, expected === found, txHash === undefined ? finding : { ...finding, txHash });
  }

  /** The totals of a class; one that nobody opened counts from zero and is a finding. */
  private classOf(classId: bigint, txHash: Hex): ClassTotals {
    const known = this.classes.get(classId);
    this.touched.add(classId);
    if (known !== undefined) return known;
    this.require("supply.class", false, {
      subject: `class ${classId}`,
      expected: "an open class",
      found: "none",
      txHash,
    });
    return this.open(classId, 0n, 0);
  }

  private open(classId: bigint, cap: bigint, bufferRateBps: number): ClassTotals {
    const none = {
      budgets: 0n,
      surplus: 0n,
      issued: 0n,
      held: 0n,
      buffer: 0n,
      retired: 0n,
      cancelled: 0n,
      reversed: 0n,
    };
    const totals = { classId, cap, bufferRateBps, ...none };
    this.classes.set(classId, totals);
    this.touched.add(classId);
    return totals;
  }

  private pocketOf(campaignId: bigint, classId: bigint): Pocket {
    const key = `${campaignId}|${classId}`;
    this.pocketsTouched.add(key);
    const known = this.pockets.get(key) ?? { donated: 0n, retired: 0n, granted: 0n, refunded: 0n };
    this.pockets.set(key, known);
    return known;
  }

  /** Takes in one event; what another contract says under the same name is left alone. */
  take(event: ChainEvent): void {
    const contract = contractOf(this.deployment, event);
    if (contract === "CarbonCredit") this.takeCredit(event);
    else if (contract === "Charity") this.takeGift(event);
  }

  private takeCredit(event: ChainEvent): void {
    const txHash = event.transactionHash;
    for (const move of movesOf(event)) this.move(move);
    switch (event.eventName) {
      case "ClassCreated": {
        const { classId, region, vintage, methodology, cap, bufferRateBps } = event.args;
        const [place, method] = [textOf(region), textOf(methodology)];
        const isNew = !this.classes.has(classId);
        this.equal("supply.class", `${place}/${vintage}/${method}`, packed(place, vintage, method), classId, txHash);
        const isLocal = method !== SIMULATED || this.deployment.chainId === LOCAL_CHAIN_ID;
        const expected = "opened once; SIM on the local chain only";
        this.require("supply.class", isNew && isLocal, {
          subject: `class ${classId}`,
          expected,
          found: method,
          txHash,
        });
        this.open(classId, cap, bufferRateBps);
        break;
      }
      case "SurplusAnchored": {
        const { classId, root, budgets, surplus } = event.args;
        const known = this.classOf(classId, txHash);
        known.budgets += budgets;
        known.surplus += surplus;
        const subject = `class ${classId}`;
        const isUnder = known.budgets <= known.cap;
        this.require("supply.cap", isUnder, {
          subject,
          expected: `at most ${known.cap}`,
          found: `${known.budgets}`,
          txHash,
        });
        const isNew = !this.roots.has(root);
        this.require("supply.root", isNew, {
          subject: `batch ${root}`,
          expected: "anchored once",
          found: "again",
          txHash,
        });
        if (isNew) this.roots.set(root, { classId, surplus, minted: 0n });
        break;
      }
      case "Issued":
        this.issue(event.args, txHash);
        break;
      case "Retired": {
        const { account, beneficiary, classId, amount } = event.args;
        this.classOf(classId, txHash).retired += amount;
        this.said.push(`burn|${account}|${classId}|${amount}`);
        const key = `${beneficiary}|${classId}`;
        this.retired.set(key, (this.retired.get(key) ?? 0n) + amount);
        break;
      }
      case "BufferRefilled": {
        const { account, classId, amount } = event.args;
        this.classOf(classId, txHash).buffer += amount;
        this.said.push(`burn|${account}|${classId}|${amount}`);
        break;
      }
      case "BufferCancelled":
      case "BufferExpired": {
        const known = this.classOf(event.args.classId, txHash);
        known.buffer -= event.args.amount;
        known.cancelled += event.args.amount;
        break;
      }
      case "ReversalRecorded":
        this.classOf(event.args.classId, txHash).reversed += event.args.amount;
        break;
      default:
    }
  }

  private issue(args: Extract<ChainEvent, { eventName: "Issued" }>["args"], txHash: Hex): void {
    const { account, classId, nullifier, amount, bufferAmount, root } = args;
    const known = this.classOf(classId, txHash);
    const whole = amount + bufferAmount;
    known.issued += whole;
    known.buffer += bufferAmount;
    this.said.push(`mint|${account}|${classId}|${amount}`);
    const subject = `class ${classId}`;
    const isWithin = known.issued <= known.surplus;
    this.require("supply.surplus", isWithin, {
      subject,
      expected: `at most ${known.surplus}`,
      found: `${known.issued}`,
      txHash,
    });
    const isFirst = !this.nullifiers.has(nullifier);
    this.nullifiers.add(nullifier);
    this.require("supply.nullifier", isFirst, {
      subject: `nullifier ${nullifier}`,
      expected: "once",
      found: "again",
      txHash,
    });
    const batch = this.roots.get(root);
    if (batch !== undefined) batch.minted += whole;
    const holds = batch !== undefined && batch.classId === classId && batch.minted <= batch.surplus;
    const found = batch === undefined ? "no such batch" : `${batch.minted} of ${batch.surplus}`;
    this.require("supply.root", holds, {
      subject: `batch ${root}`,
      expected: "anchored, with enough surplus",
      found,
      txHash,
    });
  }

  private move({ from, to, classId, amount, event }: Move): void {
    const txHash = event.transactionHash;
    const known = this.classOf(classId, txHash);
    if (from === NOBODY) {
      known.held += amount;
      this.moved.push(`mint|${to}|${classId}|${amount}`);
    } else {
      const left = (this.balances.get(`${from}|${classId}`) ?? 0n) - amount;
      this.balances.set(`${from}|${classId}`, left);
      const finding = { subject: `${from}, class ${classId}`, expected: "never below zero", found: `${left}`, txHash };
      this.require("holdings.covered", left >= 0n, finding);
    }
    if (to === NOBODY) {
      known.held -= amount;
      this.moved.push(`burn|${from}|${classId}|${amount}`);
    } else {
      const key = `${to}|${classId}`;
      this.balances.set(key, (this.balances.get(key) ?? 0n) + amount);
    }
  }

  private takeGift(event: ChainEvent): void {
    switch (event.eventName) {
      case "Donated":
        this.book(event.args, "donated");
        break;
      case "CampaignRetired":
        this.book(event.args, "retired");
        break;
      case "Granted":
        this.book(event.args, "granted");
        break;
      case "Refunded":
        this.book(event.args, "refunded");
        break;
      default:
    }
  }

  private book(args: { campaignId: bigint; classId: bigint; amount: bigint }, part: keyof Pocket): void {
    const { campaignId, classId, amount } = args;
    this.pocketOf(campaignId, classId)[part] += amount;
    const held = this.heldByCampaigns.get(classId) ?? 0n;
    this.heldByCampaigns.set(classId, part === "donated" ? held + amount : held - amount);
  }

  /** What must add up after a transaction does: each class and campaign it touched, its mints and burns. */
  endTransaction(txHash: Hex): void {
    for (const classId of this.touched) {
      const { issued, held, buffer, retired, cancelled } = this.classOf(classId, txHash);
      this.equal("supply.identity", `class ${classId}`, issued, held + buffer + retired + cancelled, txHash);
    }
    for (const key of this.pocketsTouched) {
      const left = heldIn(this.pockets.get(key));
      const finding = { subject: `campaign ${key}`, expected: "not below zero", found: `${left}`, txHash };
      this.require("giving.totals", left >= 0n, finding);
      this.checkHeldByCharity(key.slice(key.indexOf("|") + 1), txHash);
    }
    if (this.moved.length + this.said.length > 0) {
      const [moved, said] = [this.moved.sort().join(", "), this.said.sort().join(", ")];
      const finding = { subject: "mints and burns", expected: said, found: moved, txHash };
      this.require("supply.mints_explained", moved === said, finding);
    }
    this.touched.clear();
    this.pocketsTouched.clear();
    this.moved = [];
    this.said = [];
  }

  private checkHeldByCharity(classId: string, txHash: Hex): void {
    const held = this.heldByCampaigns.get(BigInt(classId)) ?? 0n;
    const balance = this.balances.get(`${this.deployment.addresses.Charity}|${classId}`) ?? 0n;
    this.equal("giving.held", `Charity, class ${classId}`, held, balance, txHash);
  }
}

/** What a campaign still holds of a class: donated = held + retired + granted + refunded. */
export function heldIn(pocket: Pocket | undefined): bigint {
  return pocket === undefined ? 0n : pocket.donated - pocket.retired - pocket.granted - pocket.refunded;
}

/** Books of a history: every transaction taken and checked. */
export function keepBooks(deployment: Deployment, events: readonly ChainEvent[]): Books {
  const books = new Books(deployment);
  for (const [at, event] of events.entries()) {
    books.take(event);
    if (events[at + 1]?.transactionHash !== event.transactionHash) books.endTransaction(event.transactionHash);
  }
  return books;
}
