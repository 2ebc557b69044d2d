/** Failures as sentences: the server's problem documents by their code, in the person's language. */

import { Offline, Problem } from "../lib/problem";
import { t } from "./words.svelte";

/** What to tell the person, and the code that programs and support go by. */
export interface Told {
  readonly words: string;
  readonly code?: string;
}

/** A failure in words. What nobody foresaw is told as it is. */
export function wordsOf(failure: unknown): Told {
  if (failure instanceof Problem) {
    const later = failure.retryAfterS;
    const again = later === undefined ? "" : ` ${t("shell.retry_after", { count: later })}`;
    return { words: failure.document.detail + again, code: failure.code };
  }
  if (failure instanceof Offline) return { words: t("shell.offline"), code: failure.code };
  return { words: failure instanceof Error ? failure.message : String(failure) };
}
