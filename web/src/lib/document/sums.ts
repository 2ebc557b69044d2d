/**
 * Whether a statement's sums agree, before a verifier's key signs what it says: the same sums that `tanyu verifier attest`
 * checks (backend/ledger/content.py). Grams as bigint.
 */

import type { Json } from "./canonical";

/** A sum that must agree. */
export type Sum = "budget" | "footprint" | "bound" | "surplus" | "deficit" | "rest" | "lines";

type Fields = ReadonlyMap<string, Json>;
type Entry = { readonly [name: string]: Json };

class Missing extends Error {}

function grams(entry: Entry | Fields, name: string): bigint {
  const value = entry instanceof Map ? entry.get(name) : (entry as Entry)[name];
  if (typeof value !== "string" || !/^-?\d+$/.test(value)) throw new Missing(name);
  return BigInt(value);
}

const isEntry = (value: Json): value is Entry => typeof value === "object" && value !== null && !Array.isArray(value);
const over0 = (amount: bigint): bigint => (amount > 0n ? amount : 0n);
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((all, amount) => all + amount, 0n);

function entriesOf(fields: Fields, start: string): [string, Entry][] {
  return [...fields].filter((field): field is [string, Entry] => field[0].startsWith(start) && isEntry(field[1]));
}

/** The sums that do not agree; `undefined` names a field that is missing or no amount. */
export function sumsThatFail(fields: Fields): { sums: Sum[]; missing?: string } {
  try {
    return { sums: checked(fields) };
  } catch (failure) {
    if (failure instanceof Missing) return { sums: [], missing: failure.message };
    throw failure;
  }
}

function checked(fields: Fields): Sum[] {
  const of = (name: string): bigint => grams(fields, name);
  const months = entriesOf(fields, "month.");
  const lines = entriesOf(fields, "line.").map(([, line]) => line);
  const inMonths = (name: string): bigint => sum(months.map(([, month]) => grams(month, name)));
  const surplus = over0(of("budgetGco2e") - of("boundGco2e"));
  const used = sum(["nettedGco2e", "creditGco2e", "bufferGco2e", "carriedOutGco2e"].map(of));
  const linesAgree = months.every(([name, month]) => {
    const [, category, when] = name.split(".");
    const own = lines.filter((line) => line.category === category && line.month === when);
    return grams(month, "reportedGco2e") === sum(own.map((line) => grams(line, "gco2e")));
  });
  const holds: Record<Sum, boolean> = {
    budget: of("budgetGco2e") === inMonths("budgetGco2e"),
    footprint: of("footprintGco2e") === inMonths("footprintGco2e"),
    bound: of("boundGco2e") === inMonths("boundGco2e") + of("marginGco2e"),
    surplus: of("surplusGco2e") === 0n || of("surplusGco2e") === surplus,
    deficit: of("deficitGco2e") === over0(of("footprintGco2e") - of("budgetGco2e")),
    rest: of("surplusGco2e") + of("carriedInGco2e") === used,
    lines: linesAgree,
  };
  return (Object.keys(holds) as Sum[]).filter((name) => !holds[name]);
}
