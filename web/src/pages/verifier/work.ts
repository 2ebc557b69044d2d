/** What a verifier is asked to do, in words. */

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
