/**
 * Words that a retirement is dedicated with: a name, or an occasion. The chain holds SHA-256(0x05 || salt || words) only,
 * so nobody finds them without the salt, and nobody can put others in their place (backend/giving/dedication.py).
 */

import { bytesToHex, concatBytes, type Hex, hexToBytes, sha256, stringToBytes } from "viem";

export const WORDS_CHARS_MAX = 120;
const SALT_BYTES = 16;
const MARKS_MAX = 4;
const TAG = new Uint8Array([5]);

/** Controls, formats, surrogates, private and unassigned characters; letters and marks that show nothing. */
const UNSEEN =
  /\p{C}|[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]|[\u180b-\u180f]|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/u;
const TOWER = new RegExp(`[\\p{Mn}\\p{Me}]{${MARKS_MAX + 1}}`, "u");

export interface Dedication {
  readonly words: string;
  readonly salt: Hex;
}

export type Unfit = "none" | "long" | "unseen" | "marks";

/** Words in one line as they are committed to: composed (NFC), single spaces. */
export const plainWords = (words: string): string => words.normalize("NFC").split(/\s+/u).filter(Boolean).join(" ");

/** Why plain words cannot be committed to; undefined if they can. The server has the last word. */
export function unfitness(plain: string): Unfit | undefined {
  const length = [...plain].length;
  if (length === 0) return "none";
  if (length > WORDS_CHARS_MAX) return "long";
  if (UNSEEN.test(plain)) return "unseen";
  return TOWER.test(plain) ? "marks" : undefined;
}

/** Words under a fresh salt. */
export function dedicated(words: string): Dedication {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  return { words: plainWords(words), salt: bytesToHex(salt) };
}

/** The `ref` of the retirement. */
export function digestOf({ words, salt }: Dedication): Hex {
  return sha256(concatBytes([TAG, hexToBytes(salt), stringToBytes(words)]));
}
