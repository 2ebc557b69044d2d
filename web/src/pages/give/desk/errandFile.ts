/** Errands as files: to the second signer, and back to the charity. */

import { deadlineAfter, freshNumber, GOOD_FOR_S } from "../../../lib/giving/act";
import type { Errand } from "../../../lib/giving/errand";
import { download } from "../../../parts/columns";

const WEEK_S = 604_800n;

/** An errand that a second signer may carry out within a week. */
export function newErrand(act: Errand["act"], campaignId: string, classCode: string, parts: Errand["parts"]): Errand {
  const deadline = deadlineAfter(new Date()) - GOOD_FOR_S + WEEK_S;
  return { act, campaignId, classCode, parts, number: `${freshNumber()}`, deadline: `${deadline}` };
}

/** Hands an errand to the person as a file. */
export function keepErrand(errand: Errand): void {
  const how = errand.signature === undefined ? "to-sign" : "signed";
  const name = `tanyu-campaign-${errand.campaignId}-${errand.act}-${how}.json`;
  download(name, JSON.stringify(errand, undefined, 1), "application/json");
}
