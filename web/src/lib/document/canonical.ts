/** RFC 8785 bytes of JSON whose only numbers are integers, as the server digests documents. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A value that the canonical form has no place for. */
export class NotCanonical extends Error {
  override readonly name = "NotCanonical";
}

/** The canonical text. Names are sorted by UTF-16 code units, which is how JavaScript compares strings. */
export function canonicalText(value: Json): string {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new NotCanonical(`${value} is no exact integer`);
    return JSON.stringify(value);
  }
  if (typeof value === "string" && !value.isWellFormed()) throw new NotCanonical("a text that is no Unicode");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  const named = value as { readonly [name: string]: Json };
  const parts = Object.keys(named)
    .sort()
    .map((name) => `${canonicalText(name)}:${canonicalText(named[name] as Json)}`);
  return `{${parts.join(",")}}`;
}
