/**
 * A batch worked out again before a verifier's key signs it, as `tanyu verifier approve-batch` does: every figure is read
 * from fields that lead to its statement's digest, every attestation is recovered, the root is computed. Grams as bigint.
 */

import type { Address, Hex } from "viem";
import { recoverAddress } from "viem/utils";
import type { SchemaBatchedOut as Batched, SchemaBatchToSignOut as Shown } from "../api/schema";
import { claimLeaf, treeRoot } from "../chain/claimTree";
import { type Deployment, digestOf, typedDataOf } from "../signing/typedData";
import { canonicalText, type Json } from "./canonical";
import { DocumentWrong, readStatement } from "./statement";

/** Something that forbids signing: of a statement by its digest, or of the batch by its message's field. */
export interface Finding {
  readonly what: "own" | "forged" | "not_attester" | "mixed" | "twice" | "above_budgets" | "expired" | "differs";
  readonly where: string;
}

/** Who looks at it, and what is known of the world. `nowS`: Unix seconds. */
export interface Viewer {
  readonly verifier: Address;
  /** Whose attestations count. */
  readonly attesters: readonly string[];
  readonly deployment: Deployment;
  readonly nowS: number;
}

/** What came out; it is signed only without findings. */
export interface Worked {
  readonly message: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
}

interface Entry {
  readonly digest: Hex;
  readonly said: (name: string) => string;
  readonly grams: (name: string) => bigint;
}

/** What a batch takes from a statement. Throws DocumentWrong. */
function entryOf({ disclosure }: Batched): Entry {
  const { digest, fields } = readStatement(canonicalText(disclosure as Json));
  const said = (name: string): string => {
    const value = fields.get(name);
    if (typeof value !== "string") throw new DocumentWrong("document.malformed", `it does not show its ${name}`);
    return value;
  };
  const grams = (name: string): bigint => {
    if (!/^\d+$/.test(said(name))) throw new DocumentWrong("document.malformed", `its ${name} is no amount`);
    return BigInt(said(name));
  };
  return { digest, said, grams };
}

async function wrongWith(entry: Entry, shown: Batched, viewer: Viewer): Promise<Finding[]> {
  const { digest: where, said } = entry;
  const message = {
    statementDigest: where,
    nullifier: said("nullifier"),
    classId: said("classId"),
    creditGco2e: said("creditGco2e"),
    deficitGco2e: said("deficitGco2e"),
    ruleVersion: shown.ruleVersion,
    attestedAt: shown.attestedAt,
  };
  const hash = digestOf(typedDataOf("Issuance", "Attestation", message, viewer.deployment));
  const signer = await recoverAddress({ hash, signature: shown.signature as Hex });
  return [
    ...(said("account").toLowerCase() === viewer.verifier.toLowerCase() ? [{ what: "own", where } as const] : []),
    ...(signer === shown.verifier ? [] : [{ what: "forged", where } as const]),
    ...(viewer.attesters.includes(shown.verifier) ? [] : [{ what: "not_attester", where } as const]),
  ];
}

const sum = (entries: readonly Entry[], ...names: string[]): bigint =>
  entries.reduce((all, { grams }) => names.reduce((part, name) => part + grams(name), all), 0n);

const leafOf = ({ digest, said, grams }: Entry): Hex =>
  claimLeaf({
    account: said("account") as Address,
    classId: grams("classId"),
    amountGco2e: grams("creditGco2e"),
    statementDigest: digest,
    nullifier: said("nullifier") as Hex,
  });

function messageOf(entries: readonly Entry[], deadline: string): Record<string, string> {
  const [first] = entries;
  return {
    classId: first?.said("classId") ?? "",
    root: treeRoot(entries.map(leafOf)) ?? "",
    people: String(entries.length),
    budgetsGco2e: String(sum(entries, "budgetGco2e")),
    footprintsGco2e: String(sum(entries, "footprintGco2e")),
    surplusesGco2e: String(sum(entries, "creditGco2e", "bufferGco2e")),
    deficitsGco2e: String(sum(entries, "deficitGco2e")),
    policyDigest: first?.said("policyDigest") ?? "",
    factorsDigest: first?.said("factorsDigest") ?? "",
    deadline,
  };
}

function wrongAsAWhole(entries: readonly Entry[], worked: Record<string, string>, nowS: number): Finding[] {
  const found: Finding[] = [];
  for (const where of ["classId", "policyDigest", "factorsDigest"])
    if (entries.some(({ said }) => said(where) !== worked[where])) found.push({ what: "mixed", where });
  if (new Set(entries.map(({ said }) => said("nullifier"))).size < entries.length)
    found.push({ what: "twice", where: "nullifier" });
  if (BigInt(worked.surplusesGco2e ?? 0) > BigInt(worked.budgetsGco2e ?? 0))
    found.push({ what: "above_budgets", where: "surplusesGco2e" });
  if (BigInt(worked.deadline ?? 0) <= BigInt(nowS)) found.push({ what: "expired", where: "deadline" });
  return found;
}

/** Works a batch out again. `root`: the one that was asked for. Throws DocumentWrong, DeploymentDiffers. */
export async function workedOut(shown: Shown, root: Hex, viewer: Viewer): Promise<Worked> {
  const entries = shown.statements.map(entryOf);
  const each = await Promise.all(
    shown.statements.map((batched, place) => wrongWith(entries[place] as Entry, batched, viewer)),
  );
  const message = messageOf(entries, shown.message.deadline ?? "0");
  const names = Object.keys(message).filter((name) => message[name] !== shown.message[name]);
  const differs = message.root === root ? names : [...new Set([...names, "root"])];
  return {
    message,
    findings: [
      ...each.flat(),
      ...wrongAsAWhole(entries, message, viewer.nowS),
      ...differs.map((where) => ({ what: "differs", where }) as const),
    ],
  };
}
