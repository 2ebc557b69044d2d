/**
 * A statement's document, or a disclosure of some of its fields: does what it shows lead to the digest on the chain?
 *
 * leaf = SHA-256(0x00 || salt || canonical JSON of [name, value]), node = SHA-256(0x01 || left || right); an odd node rises
 * unchanged. Computed here, so nothing of the file is sent anywhere. See docs/adr/0019.
 */

import { bytesToHex, concatBytes, hexToBytes, isHex, sha256 } from "viem";
import { canonicalText, type Json } from "./canonical";

const STATEMENT = "tanyu.statement/1";
const DISCLOSURE = "tanyu.disclosure/1";
const [LEAF, NODE] = [new Uint8Array([0]), new Uint8Array([1])];
const SALT_BYTES_LEAST = 16;

/** What a file shows, and the digest that all of it leads to. `isWhole`: every field is there. */
export interface Shown {
  readonly digest: `0x${string}`;
  readonly isWhole: boolean;
  readonly fields: ReadonlyMap<string, Json>;
}

/** The file is none of ours, or was changed. `code` is the server's own for the same thing. */
export class DocumentWrong extends Error {
  override readonly name = "DocumentWrong";
  constructor(
    readonly code: "document.malformed" | "document.tampered",
    readonly why: string,
  ) {
    super(`${code}: ${why}`);
  }
}

const malformed = (why: string): DocumentWrong => new DocumentWrong("document.malformed", why);
const encoder = new TextEncoder();

function bytesOf(text: unknown, what: string): Uint8Array {
  if (typeof text !== "string") throw malformed(`${what} is not hex`);
  const hex = text.startsWith("0x") ? text : `0x${text}`;
  if (!isHex(hex) || hex.length % 2 !== 0) throw malformed(`${what} is not hex`);
  return hexToBytes(hex);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

interface Field {
  readonly name: string;
  readonly value: Json;
  readonly leaf: Uint8Array;
  readonly path: unknown;
}

function fieldOf(row: unknown): Field {
  if (!isObject(row) || typeof row.name !== "string" || !("value" in row))
    throw malformed("a field lacks its name or value");
  const salt = bytesOf(row.salt, `the salt of ${row.name}`);
  if (salt.length < SALT_BYTES_LEAST) throw malformed(`the salt of ${row.name} is too short`);
  const text = canonicalText([row.name, row.value as Json]);
  const leaf = sha256(concatBytes([LEAF, salt, encoder.encode(text)]), "bytes");
  return { name: row.name, value: row.value as Json, leaf, path: row.path };
}

const nodeOf = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(concatBytes([NODE, left, right]), "bytes");

function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  let row = [...leaves];
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < row.length; at += 2) {
      const [left, right] = [row[at], row[at + 1]];
      if (left !== undefined) above.push(right === undefined ? left : nodeOf(left, right));
    }
    row = above;
  }
  const root = row[0];
  if (root === undefined) throw malformed("it has no fields");
  return root;
}

function climbed(field: Field): Uint8Array {
  let node = field.leaf;
  for (const entry of Array.isArray(field.path) ? field.path : []) {
    if (!Array.isArray(entry) || entry.length !== 2)
      throw malformed(`the path of ${field.name} is no list of [side, hash]`);
    const sibling = bytesOf(entry[1], `the path of ${field.name}`);
    if (entry[0] === "left") node = nodeOf(sibling, node);
    else if (entry[0] === "right") node = nodeOf(node, sibling);
    else throw malformed(`the path of ${field.name} has a side that is neither left nor right`);
  }
  return node;
}

/** Whether names are in the order of their code points, each once, as the server writes them. */
function inOrder(names: readonly string[]): boolean {
  const points = names.map((name) => [...name].map((letter) => letter.codePointAt(0) ?? 0));
  const before = (a: number[], b: number[]): boolean => {
    const at = a.findIndex((point, place) => point !== b[place]);
    return at < 0 ? a.length < b.length : at >= b.length ? false : (a[at] ?? 0) < (b[at] ?? 0);
  };
  return points.every((point, at) => at === 0 || before(points[at - 1] ?? [], point));
}

/** What a file's text shows. Throws DocumentWrong. */
export function readStatement(text: string): Shown {
  let loaded: unknown;
  try {
    loaded = JSON.parse(text);
  } catch {
    throw malformed("it is not JSON");
  }
  if (!isObject(loaded) || (loaded.schema !== STATEMENT && loaded.schema !== DISCLOSURE)) {
    throw malformed(`its schema is neither ${STATEMENT} nor ${DISCLOSURE}`);
  }
  if (!Array.isArray(loaded.fields) || loaded.fields.length === 0) throw malformed("it has no fields");
  const isWhole = loaded.schema === STATEMENT;
  const fields = loaded.fields.map(fieldOf);
  if (!inOrder(fields.map(({ name }) => name)))
    throw malformed("its fields are not in the order of their names, each once");
  const digest = bytesToHex(bytesOf(loaded.digest, "the digest"));
  const roots = isWhole ? [rootOf(fields.map(({ leaf }) => leaf))] : fields.map(climbed);
  for (const root of roots) {
    if (bytesToHex(root) !== digest) {
      throw new DocumentWrong("document.tampered", `it says ${digest}, its fields give ${bytesToHex(root)}`);
    }
  }
  return { digest, isWhole, fields: new Map(fields.map(({ name, value }) => [name, value])) };
}
