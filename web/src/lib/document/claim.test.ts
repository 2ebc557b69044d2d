import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Address, Hex } from "viem";
import { expect, test } from "vitest";
import { readFile } from "./claim";
import { DocumentWrong } from "./statement";

const vectors = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../../../tests/vectors/${name}.json`), "utf8"));

interface WrittenClaim {
  account: Address;
  classId: string;
  amountGco2e: string;
  statementDigest: Hex;
  nullifier: Hex;
  proof: Hex[];
}
const batch: { root: Hex; claims: WrittenClaim[] } = vectors("claim_tree");
const [written] = batch.claims as [WrittenClaim];
const { proof, account, classId, amountGco2e, statementDigest, nullifier } = written;
const leaf = { account, classId, amountGco2e, statementDigest, nullifier };
const file = { schema: "tanyu.claim/1", root: batch.root, leaf, proof };
const read = (changed: object = {}) => readFile(JSON.stringify({ ...file, ...changed }));
const wrong = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (failure) {
    return failure instanceof DocumentWrong ? failure.code : failure;
  }
};

test("a claim leads to the root that it names", () => {
  const shown = read();
  expect("claim" in shown && shown.claim.root).toBe(batch.root);
  expect("claim" in shown && shown.claim.claim.amountGco2e).toBe(BigInt(amountGco2e));
});

test("a statement is read as before", () => {
  const shown = readFile(vectors("statement_document").statement);
  expect("statement" in shown && shown.statement.isWhole).toBe(true);
});

test.each<[string, object]>([
  ["another amount", { leaf: { ...leaf, amountGco2e: "10001" } }],
  ["another account", { leaf: { ...leaf, account: "0x0202020202020202020202020202020202020202" } }],
  ["another root", { root: statementDigest }],
  ["a shorter proof", { proof: proof.slice(1) }],
])("a claim with %s was changed", (_, changed) => {
  expect(wrong(() => read(changed))).toBe("document.tampered");
});

test.each<[string, object]>([
  ["a leaf", { leaf: null }],
  ["a proof", { proof: "0x" }],
  ["a root", { root: "0x12" }],
  ["an amount", { leaf: { ...leaf, amountGco2e: "-1" } }],
  ["an address", { leaf: { ...leaf, account: "0x12" } }],
  ["our schema", { schema: "another/1" }],
])("a file without %s is none of ours", (_, changed) => {
  expect(wrong(() => read(changed))).toBe("document.malformed");
});

test.each(["", "no JSON", "[]", "null", "{}"])("%j is none of ours", (text) => {
  expect(wrong(() => readFile(text))).toBe("document.malformed");
});
