/** The answers written down once, made without our code: Python and Solidity are held to the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Address, Hex } from "viem";
import { expect, test } from "vitest";
import { claimLeaf, rootOf, treeRoot } from "./claimTree";
import { ClassIdMalformed, classCode, parseCode, unpack } from "./classId";

const VECTORS = join(import.meta.dirname, "../../../../tests/vectors");
const vectors = <T>(name: string): T => JSON.parse(readFileSync(join(VECTORS, `${name}.json`), "utf8"));

interface WrittenClaim {
  account: Address;
  classId: string;
  amountGco2e: string;
  statementDigest: Hex;
  nullifier: Hex;
  leaf: Hex;
  proof: Hex[];
}

const batch = vectors<{ root: Hex; claims: WrittenClaim[] }>("claim_tree");

test.each(batch.claims)("the claim of $account has the written leaf, and its proof leads to the root", (written) => {
  const { classId, amountGco2e, ...rest } = written;
  const leaf = claimLeaf({ ...rest, classId: BigInt(classId), amountGco2e: BigInt(amountGco2e) });
  expect(leaf).toBe(written.leaf);
  expect(rootOf(leaf, written.proof)).toBe(batch.root);
  expect(rootOf(leaf, written.proof.slice(1))).not.toBe(batch.root);
});

test("the claims' leaves, in whatever order, make the written root", () => {
  const leaves = batch.claims.map(({ leaf }) => leaf);
  expect(treeRoot(leaves)).toBe(batch.root);
  expect(treeRoot([...leaves].reverse())).toBe(batch.root);
  expect(treeRoot(leaves.slice(1))).not.toBe(batch.root);
  expect(treeRoot([])).toBeUndefined();
});

test.each(vectors<{ classes: { code: string; id: string }[] }>("class_ids").classes)(
  "the class $code has the written id",
  ({ code, id }) => {
    expect(parseCode(code)).toBe(BigInt(id));
    expect(parseCode(code.replaceAll("/", "~"))).toBe(BigInt(id));
    expect(classCode(BigInt(id))).toBe(code);
  },
);

test.each(["", "CN-SC", "CN-SC/2025", "cn/2025/SIM", "CN/1999/SIM", "CN/2025/TOOLONGIT", "CN/2025/SIM/1"])(
  "%j is no class",
  (code) => {
    expect(() => parseCode(code)).toThrow(ClassIdMalformed);
  },
);

test("an id that no code packs to is refused", () => {
  expect(() => unpack(parseCode("CN/2025/SIM") | (1n << 200n))).toThrow(ClassIdMalformed);
});
