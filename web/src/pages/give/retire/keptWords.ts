/** The file that keeps a dedication: the same that `tanyu retire make --keep` writes. */

import type { Dedication } from "../../../lib/giving/dedication";
import { download } from "../../../parts/columns";

const SALT = /^0x[0-9a-f]{32}$/;

/** A text that keeps no words and salt. */
export class KeptWordsUnreadable extends Error {}

/** Hands the person the words and their salt as a file. */
export function keepWords({ words, salt }: Dedication): void {
  download(`tanyu-words-${salt.slice(2, 10)}.json`, JSON.stringify({ salt, words }), "application/json");
}

function isDedication(kept: unknown): kept is Dedication {
  if (typeof kept !== "object" || kept === null || !("words" in kept) || !("salt" in kept)) return false;
  return typeof kept.words === "string" && typeof kept.salt === "string" && SALT.test(kept.salt);
}

/** Reads them back. Throws KeptWordsUnreadable. */
export function keptWords(text: string): Dedication {
  let kept: unknown;
  try {
    kept = JSON.parse(text);
  } catch (failure) {
    throw new KeptWordsUnreadable("no JSON", { cause: failure });
  }
  if (!isDedication(kept)) throw new KeptWordsUnreadable("no words and salt");
  return { words: kept.words, salt: kept.salt };
}
