/** A claim's file: does its leaf lead to the root that it names? Computed here, so nothing of the file is sent anywhere. */

import type { Address, Hex } from "viem";
import { isAddress, isHex } from "viem/utils";
import { type Claim, claimLeaf, rootOf } from "../chain/claimTree";
import { DocumentWrong, readStatement, type Shown } from "./statement";

const CLAIM = "tanyu.claim/1";
const DIGEST_CHARACTERS = 66;

/** A claim that leads to its root. Whether that root is anchored, and the claim minted, only the chain can tell. */
export interface ShownClaim {
  readonly root: Hex;
  readonly claim: Claim;
}

const malformed = (why: string): DocumentWrong => new DocumentWrong("document.malformed", why);
const isNamed = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function digest(value: unknown, what: string): Hex {
  if (!isHex(value) || value.length !== DIGEST_CHARACTERS) throw malformed(`${what} is no digest`);
  return value;
}

function amount(value: unknown, what: string): bigint {
  if (typeof value !== "string" || !/^\d{1,78}$/.test(value)) throw malformed(`${what} is no amount`);
  return BigInt(value);
}

function claimOf(leaf: unknown): Claim {
  if (!isNamed(leaf) || typeof leaf.account !== "string" || !isAddress(leaf.account)) throw malformed("it has no leaf");
  return {
    account: leaf.account as Address,
    classId: amount(leaf.classId, "its class"),
    amountGco2e: amount(leaf.amountGco2e, "its amount"),
    statementDigest: digest(leaf.statementDigest, "its statement"),
    nullifier: digest(leaf.nullifier, "its nullifier"),
  };
}

function readClaim(file: Record<string, unknown>): ShownClaim {
  if (!Array.isArray(file.proof)) throw malformed("it has no proof");
  const [root, claim] = [digest(file.root, "its root"), claimOf(file.leaf)];
  const proof = file.proof.map((sibling: unknown) => digest(sibling, "its proof"));
  const found = rootOf(claimLeaf(claim), proof);
  if (found !== root.toLowerCase())
    throw new DocumentWrong("document.tampered", `it names the root ${root}, its leaf and proof give ${found}`);
  return { root, claim };
}

/** What a file's text shows: a statement, a disclosure of one, or a claim. Throws DocumentWrong. */
export function readFile(text: string): { statement: Shown } | { claim: ShownClaim } {
  let loaded: unknown;
  try {
    loaded = JSON.parse(text);
  } catch {
    throw malformed("it is not JSON");
  }
  return isNamed(loaded) && loaded.schema === CLAIM ? { claim: readClaim(loaded) } : { statement: readStatement(text) };
}
