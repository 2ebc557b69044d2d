/**
 * A draw of statements to be audited again: a verifier's part in its seed, and the whole drawn again from its public
 * record. The same arithmetic as backend/issuance/draw.py.
 */

import { type Address, type Hex, hexToBigInt } from "viem";
import { concat, recoverMessageAddress, sha256, stringToBytes, stringToHex } from "viem/utils";
import type { SchemaDrawOut as DrawOut } from "../api/schema";
import { canonicalText, type Json } from "./canonical";

const [COMMITMENT, SEED, PICK] = ["commitment", "seed", "pick"].map((what) => stringToHex(`tanyu.draw.${what}\0`)) as [
  Hex,
  Hex,
  Hex,
];
const BPS = 10_000n;
const SPAN = 1n << 256n;

/** What is anchored, as far as a page reads it. Times in Unix seconds. */
export interface DrawList {
  readonly day: string;
  readonly chainId: number;
  readonly commitUntil: number;
  readonly blockFrom: number;
  readonly revealUntil: number;
  readonly leastDrawn: number;
  readonly leastSecrets: number;
  readonly verifiers: readonly Address[];
  readonly entries: readonly { readonly statement: Hex; readonly chanceBps: number }[];
}

export const listOf = (record: Pick<DrawOut, "listed">): DrawList => record.listed as unknown as DrawList;

/** SHA-256 of the list's canonical JSON. */
export const listDigest = (listed: DrawList): Hex => sha256(stringToBytes(canonicalText(listed as unknown as Json)));

/** What a verifier's key signs to make the secret that it need not store: the same each time (RFC 6979). */
export const secretText = (digest: Hex, verifier: Address): string =>
  `Tanyu: the secret of my part in a draw. Never sign this for anybody.\n\nList: ${digest}\nVerifier: ${verifier}`;

/** The secret: the digest of that signature. */
export const secretOf = (signature: Hex): Hex => sha256(signature);

/** What binds a verifier to a secret in one draw. */
export const commitmentOf = (digest: Hex, verifier: Address, secret: Hex): Hex =>
  sha256(concat([COMMITMENT, digest, verifier, secret]));

/** What a verifier signs (EIP-191), so that nobody can commit in its name. */
export const commitmentText = (listed: DrawList, digest: Hex, verifier: Address, commitment: Hex): string =>
  "Tanyu: my part in a draw of statements to be audited again.\n\n" +
  `Day: ${listed.day}\nList: ${digest}\nVerifier: ${verifier}\nCommitment: ${commitment}\nChain ID: ${listed.chainId}`;

/** The seed, from the secrets by verifier. */
export function seedOf(digest: Hex, blockHash: Hex, secrets: ReadonlyMap<Address, Hex>): Hex {
  const inOrder = [...secrets].sort(([one], [other]) => (one.toLowerCase() < other.toLowerCase() ? -1 : 1));
  return sha256(concat([SEED, digest, blockHash, ...inOrder.flat()]));
}

/** Whom a seed chooses, in order: each with its own chance, and at least so many. */
export function drawnOf(seed: Hex, { entries, leastDrawn }: Pick<DrawList, "entries" | "leastDrawn">): Hex[] {
  const valued = entries.map(({ statement, chanceBps }) => ({
    statement,
    chanceBps: BigInt(chanceBps),
    value: hexToBigInt(sha256(concat([PICK, seed, statement]))),
  }));
  valued.sort((one, other) => (one.value === other.value ? 0 : one.value < other.value ? -1 : 1));
  const chosen = valued.filter(({ value, chanceBps }, place) => place < leastDrawn || value * BPS < chanceBps * SPAN);
  return chosen.map(({ statement }) => statement).sort();
}

/** What of a record does not come out again. */
export type Wrong = "list" | "part" | "seed" | "drawn";

async function isPartRight(listed: DrawList, digest: Hex, part: DrawOut["parts"][number]): Promise<boolean> {
  const [verifier, commitment] = [part.verifier as Address, part.commitment as Hex];
  const message = commitmentText(listed, digest, verifier, commitment);
  const signer = await recoverMessageAddress({ message, signature: part.signature as Hex });
  const isKept = part.secret === null || commitmentOf(digest, verifier, part.secret as Hex) === commitment;
  const isInTime = Date.parse(part.committedAt) < listed.commitUntil * 1000;
  return signer === verifier && isKept && isInTime && listed.verifiers.includes(verifier);
}

/** Draws again from a record: what does not agree. That the list was anchored, and the block, only a node can tell. */
export async function wrongWith(record: DrawOut): Promise<Wrong[]> {
  const listed = listOf(record);
  const digest = listDigest(listed);
  const found: Wrong[] = [];
  if (digest !== record.listDigest || listed.day !== record.day || listed.blockFrom <= listed.commitUntil)
    found.push("list");
  const parts = await Promise.all(record.parts.map((part) => isPartRight(listed, digest, part)));
  if (parts.includes(false) || new Set(record.parts.map(({ verifier }) => verifier)).size < parts.length)
    found.push("part");
  const shown = record.parts.filter(({ secret }) => secret !== null);
  const secrets = new Map(shown.map(({ verifier, secret }) => [verifier as Address, secret as Hex]));
  const isSeeded = record.concludedAt !== null && record.blockHash !== null && secrets.size >= listed.leastSecrets;
  const seed = isSeeded ? seedOf(digest, record.blockHash as Hex, secrets) : null;
  if (seed !== record.seed) found.push("seed");
  const drawn = record.drawn.map(({ statement }) => statement).sort();
  if (String(drawn) !== String(seed === null ? [] : drawnOf(seed, listed))) found.push("drawn");
  return found;
}
