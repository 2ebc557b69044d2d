/** What a verifier is asked to do, and where a batch stands, in words. */

import { t } from "../../words/words.svelte";

/** The work's word; one that this page does not know is told as it is. */
export function workWord(work: string): string {
  switch (work) {
    case "attest":
      return t("verifier.work_attest");
    case "reaudit":
      return t("verifier.work_reaudit");
    case "appeal":
      return t("verifier.work_appeal");
    case "inspect":
      return t("verifier.work_inspect");
    default:
      return work;
  }
}

const STATES = ["drafted", "planned", "approved", "sent", "anchored"] as const;

/** Where a batch stands. */
export function batchWord(state: string): string {
  const known = STATES.find((each) => each === state);
  return known === undefined ? state : t(`verifier.batch_${known}`);
}
