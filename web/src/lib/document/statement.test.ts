import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hexToBytes, sha256 } from "viem";
import { describe, expect, test } from "vitest";
import { canonicalText, type Json, NotCanonical } from "./canonical";
import { DocumentWrong, readStatement } from "./statement";

const vectors = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../../../tests/vectors/${name}.json`), "utf8"));

interface Canonical {
  document: Json;
  canonical: `0x${string}`;
  sha256: `0x${string}`;
}
const { documents }: { documents: Canonical[] } = vectors("canonical_json");
const written: { statement: string; disclosure: string } = vectors("statement_document");

describe("canonicalText", () => {
  test.each(documents)("$sha256", ({ document, canonical, sha256: digest }) => {
    const bytes = new TextEncoder().encode(canonicalText(document));
    expect(bytes).toEqual(hexToBytes(canonical));
    expect(sha256(bytes)).toBe(digest);
  });
  test.each([[1.5], [2 ** 53], ["\ud800"]])("refuses %j", (value) => {
    expect(() => canonicalText(value)).toThrow(NotCanonical);
  });
});

describe("readStatement", () => {
  test("a whole document leads to its digest, and so does each disclosed field", () => {
    const whole = readStatement(written.statement);
    const shown = readStatement(written.disclosure);
    expect([whole.isWhole, shown.isWhole]).toEqual([true, false]);
    expect(shown.digest).toBe(whole.digest);
    expect([...shown.fields.keys()]).toEqual(["lines", "vintage"]);
    for (const [name, value] of shown.fields) expect(whole.fields.get(name)).toEqual(value);
  });

  test.each([
    ["a budget", written.statement.replace('"2000000"', '"2000001"')],
    ["the digest", written.statement.replace('{"digest":"0x4', '{"digest":"0x5')],
    ["a disclosed vintage", written.disclosure.replace(":2025", ":2026")],
    ["a way to the digest", written.disclosure.replace('["left"', '["right"')],
  ])("%s that was changed is found", (_what, text) => {
    expect([written.statement, written.disclosure]).not.toContain(text);
    expect(() => readStatement(text)).toThrow(expect.objectContaining({ code: "document.tampered" }));
  });

  test.each([
    "",
    "[]",
    '{"schema":"x","fields":[1]}',
    '{"schema":"tanyu.statement/1","fields":[],"digest":"0x"}',
    '{"schema":"tanyu.statement/1","fields":[{"name":"a","salt":"0x00","value":1}],"digest":"0x00"}',
    written.statement.replace('"name":"account"', '"name":"zzz"'),
  ])("%.60s is no document", (text) => {
    expect(() => readStatement(text)).toThrow(DocumentWrong);
    expect(() => readStatement(text)).toThrow(expect.objectContaining({ code: "document.malformed" }));
  });
});
