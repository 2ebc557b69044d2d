/** The chain that the auditor reads, and what came of it; it stays while the pages of this room are turned. */

import { getAddress, type Hex, isAddress, isHex } from "viem";
import { api, asked } from "../../lib/api/client";
import { type Audited, audit, type Stage } from "../../lib/chain/audit";
import { type Books, CHECKS, type Check } from "../../lib/chain/books";
import { CONTRACTS, type Deployment, nodeAt } from "../../lib/chain/history";
import { type Life, livesOf } from "../../lib/chain/trace";

interface Reading {
  stage: Stage | undefined;
  audited: Audited | undefined;
  failure: unknown;
}

/** A history is large and never changed in place: only the whole of it is watched. */
class Watched {
  now = $state.raw<Reading>({ stage: undefined, audited: undefined, failure: undefined });
}

export const reading = new Watched();

let stop = new AbortController();

/** Reads and checks a chain; what was read before is forgotten. */
export async function read(url: string, deployment: Deployment): Promise<void> {
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  const begun: Reading = { stage: undefined, audited: undefined, failure: undefined };
  const tell = (now: Partial<Reading>): void => {
    if (!signal.aborted) reading.now = { ...reading.now, ...now };
  };
  reading.now = begun;
  try {
    const audited = await audit(nodeAt(url), deployment, (stage) => tell({ stage }), signal);
    tell({ audited, stage: undefined });
  } catch (failure) {
    tell({ failure, stage: undefined });
  }
}

/** Stops reading. */
export function cancel(): void {
  stop.abort();
  reading.now = { ...reading.now, stage: undefined };
}

/** Where a development node of this server would listen; for others the auditor's own word is wanted. */
export function usualNode(): string {
  return location.hostname === "127.0.0.1" || location.hostname === "localhost"
    ? `http://127.0.0.1:${Number(location.port || "80") + 545}`
    : "";
}

/** The deployment as the server tells it, to start from: an auditor compares it with a file of their own. */
export async function toldDeployment(): Promise<Deployment> {
  const { chainId, genesisHash, contracts } = await asked(api.GET("/signing"));
  const addresses = Object.fromEntries(CONTRACTS.map((name) => [name, getAddress(contracts[name] ?? "")]));
  return {
    chainId,
    genesisHash: genesisHash as Hex,
    blockNumber: 0n,
    addresses: addresses as Deployment["addresses"],
  };
}

/** A deployment file's text, as `tanyu` writes it; undefined if it is none. */
export function deploymentOf(text: string): Deployment | undefined {
  try {
    const file = JSON.parse(text) as {
      chain_id: number;
      genesis_hash: string;
      block_number: number;
      addresses: Record<string, string>;
    };
    const ours = CONTRACTS.map((name) => [name, file.addresses[name] ?? ""] as const);
    if (!Number.isSafeInteger(file.chain_id) || !isHex(file.genesis_hash) || !ours.every(([, at]) => isAddress(at)))
      return undefined;
    const addresses = Object.fromEntries(ours.map(([name, at]) => [name, getAddress(at)])) as Deployment["addresses"];
    return {
      chainId: file.chain_id,
      genesisHash: file.genesis_hash,
      blockNumber: BigInt(file.block_number),
      addresses,
    };
  } catch {
    return undefined;
  }
}

/** One promise's checks. */
export interface Promised {
  readonly promise: string;
  readonly check: Check;
  readonly made: number;
  readonly failed: number;
}

/** Every check with how often it was made and how often it failed, in the order of the promises. */
export function promisesOf(books: Books): Promised[] {
  const rows = (Object.keys(CHECKS) as Check[]).map((check) => {
    const failed = books.findings.filter((finding) => finding.check === check).length;
    return { promise: CHECKS[check], check, made: books.made.get(check) ?? 0, failed };
  });
  return rows.sort((a, b) => a.promise.localeCompare(b.promise));
}

let lives: { of: Audited; by: Map<string, Life> } | undefined;

/** Every mint's life, worked out once for a reading. */
export function livesIn(audited: Audited): Map<string, Life> {
  if (lives?.of !== audited) {
    const { deployment, events } = audited.history;
    lives = { of: audited, by: livesOf(deployment, events) };
  }
  return lives.by;
}

/** The report as a file: what was read, what was checked, what was found. Amounts as decimal texts. */
export function reportOf({ history, books }: Audited): string {
  const plain = (_name: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);
  const report = {
    schema: "tanyu.page-audit/1",
    deployment: history.deployment,
    head: history.head,
    events: history.events.length,
    checks: promisesOf(books),
    findings: books.findings,
    classes: [...books.classes.values()],
    campaigns: [...books.pockets].map(([key, pocket]) => ({ campaignAndClass: key, ...pocket })),
  };
  return JSON.stringify(report, plain, 2);
}
