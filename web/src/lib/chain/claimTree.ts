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

/** The root that a proof leads to from a leaf. */
export function rootOf(leaf: Hex, proof: readonly Hex[]): Hex {
  return proof.reduce(
    (node, sibling) =>
      keccak256(node.toLowerCase() < sibling.toLowerCase() ? concat([node, sibling]) : concat([sibling, node])),
    leaf,
  );
}
