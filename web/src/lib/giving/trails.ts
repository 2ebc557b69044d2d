/** Trails of gifts, page after page: the server tells so many at once, the newest first. */

import type { Trail } from "./campaign";

/** As many as the server tells at once. */
export const TRAILS_MAX = 200;

/** Asks for at most `TRAILS_MAX` gifts older than the one with a receipt; the newest for null. */
export type AskTrails = (before: string | null) => Promise<readonly Trail[]>;

/** The receipt after which the next page begins; undefined after the last page. */
export const nextAfter = (page: readonly Trail[]): string | undefined =>
  page.length < TRAILS_MAX ? undefined : page.at(-1)?.gift.receiptId;

/** All of them. */
export async function allTrails(ask: AskTrails): Promise<readonly Trail[]> {
  const found: Trail[] = [];
  let before: string | undefined | null = null;
  while (before !== undefined) {
    const page: readonly Trail[] = await ask(before);
    found.push(...page);
    before = nextAfter(page);
  }
  return found;
}
