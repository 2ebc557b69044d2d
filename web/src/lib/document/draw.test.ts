import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Address, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import type { SchemaDrawOut as DrawOut } from "../api/schema";
import { commitmentOf, commitmentText, type DrawList, listDigest, secretOf, secretText, wrongWith } from "./draw";

interface Written {
  listed: DrawList;
  listDigest: Hex;
  parts: {
    verifier: Address;
    secretText: string;
    secret: Hex;
    commitment: Hex;
    text: string;
    signature: Hex;
    committedAt: string;
  }[];
  blockHash: Hex;
  seed: Hex;
  drawn: Hex[];
}
const FILE = join(import.meta.dirname, "../../../../tests/vectors/draw.json");
const written: Written = JSON.parse(readFileSync(FILE, "utf8"));
/** Development keys 4 and 5 of the mnemonic that every development node knows. */
const KEYS: readonly Hex[] = [
  "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
  "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
];

const record = (changed: Partial<DrawOut> = {}): DrawOut => ({
  day: written.listed.day,
  topic: "0x",
  listDigest: written.listDigest,
  listed: written.listed as unknown as DrawOut["listed"],
  anchoredAt: null,
  txHash: null,
  parts: written.parts,
  blockNumber: 7,
  blockHash: written.blockHash,
  blockAt: "2026-03-01T01:00:00Z",
  seed: written.seed,
  drawn: written.drawn.map((statement) => ({ statement, outcome: null, verifier: null, decidedAt: null })),
  concludedAt: "2026-03-01T02:00:00Z",
  ...changed,
});

test.each(written.parts.map((part, place) => ({ ...part, key: KEYS[place] as Hex })))(
  "the part of $verifier is made of its key alone",
  async (part) => {
    const account = privateKeyToAccount(part.key);
    expect(account.address).toBe(part.verifier);
    expect(listDigest(written.listed)).toBe(written.listDigest);
    const text = secretText(written.listDigest, part.verifier);
    expect(text).toBe(part.secretText);
    expect(secretOf(await account.signMessage({ message: text }))).toBe(part.secret);
    expect(commitmentOf(written.listDigest, part.verifier, part.secret)).toBe(part.commitment);
    expect(commitmentText(written.listed, written.listDigest, part.verifier, part.commitment)).toBe(part.text);
  },
);

test("a draw is drawn again from its record", async () => {
  expect(await wrongWith(record())).toEqual([]);
  const unfinished = { seed: null, drawn: [], concludedAt: null };
  expect(await wrongWith(record(unfinished))).toEqual([]);
});

describe("a record that was changed does not come out again:", () => {
  const [first, second] = written.parts as [Written["parts"][number], Written["parts"][number]];
  test.each<[string, Partial<DrawOut>, string]>([
    ["another list", { listDigest: written.seed }, "list"],
    ["another day", { day: "2026-03-02" }, "list"],
    ["somebody else's commitment", { parts: [{ ...first, signature: second.signature }, second] }, "part"],
    ["another secret", { parts: [{ ...first, secret: second.secret }, second] }, "part"],
    ["too late", { parts: [{ ...first, committedAt: "2026-03-09T00:00:00Z" }, second] }, "part"],
    ["one part twice", { parts: [first, first] }, "part"],
    ["another block", { blockHash: written.listDigest }, "seed"],
    ["a secret left out", { parts: [first, { ...second, secret: null }] }, "seed"],
    ["one more drawn", { drawn: [...record().drawn, ...record().drawn.slice(0, 1)] }, "drawn"],
    ["one fewer drawn", { drawn: record().drawn.slice(1) }, "drawn"],
  ])("%s", async (_, changed, wrong) => {
    expect(await wrongWith(record(changed))).toContain(wrong);
  });
});
