/** A batch's Merkle tree (OpenZeppelin's StandardMerkleTree): the leaf of a claim, and whether a proof leads to a root. */

import type { Address, Hex } from "viem";
import { concat, encodeAbiParameters, keccak256 } from "viem/utils";

export interface Claim {
  readonly account: Address;
  readonly classId: bigint;
  readonly amountGco2e: bigint;
  readonly statementDigest: Hex;
  readonly nullifier: Hex;
}

const WORDS = [
  { type: "address" },
  { type: "uint256" },
  { type: "uint256" },
  { type: "bytes32" },
  { type: "bytes32" },
] as const;

/** The leaf as Issuance computes it: keccak(keccak(abi.encode(...))). */
export function claimLeaf({ account, classId, amountGco2e, statementDigest, nullifier }: Claim): Hex {
  return keccak256(keccak256(encodeAbiParameters(WORDS, [account, classId, amountGco2e, statementDigest, nullifier])));
}

const pair = (one: Hex, other: Hex): Hex =>
  keccak256(one.toLowerCase() < other.toLowerCase() ? concat([one, other]) : concat([other, one]));

/** The root that a proof leads to from a leaf. */
export const rootOf = (leaf: Hex, proof: readonly Hex[]): Hex => proof.reduce(pair, leaf);

/** The root of a tree of these leaves, in whatever order they come; undefined without a leaf. */
export function treeRoot(leaves: readonly Hex[]): Hex | undefined {
  const nodes = leaves.map((leaf) => leaf.toLowerCase() as Hex).sort();
  for (let at = 0; at + 1 < nodes.length; at += 2) nodes.push(pair(nodes[at] as Hex, nodes[at + 1] as Hex));
  return nodes.at(-1);
}
