/** Errands as files: to the second signer, and back to the charity. */

import { deadlineAfter, freshNumber, GOOD_FOR_S } from "../../../lib/giving/act";
import type { Errand } from "../../../lib/giving/errand";
import { download } from "../../../parts/columns";

const WEEK_S = 604_800n;

/** What is asked, before it has a number and an end. */
type Unnumbered<One> = One extends Errand ? Omit<One, "number" | "deadline" | "signature"> : never;

/** An errand that a second signer may carry out within a week. */
export function newErrand(wish: Unnumbered<Errand>): Errand {
  const deadline = deadlineAfter(new Date()) - GOOD_FOR_S + WEEK_S;
  return { ...wish, number: `${freshNumber()}`, deadline: `${deadline}` };
}

/** Hands an errand to the person as a file. */
export function keepErrand(errand: Errand): void {
  const how = errand.signature === undefined ? "to-sign" : "signed";
  const which = errand.act === "open" ? "new" : errand.campaignId;
  const name = `tanyu-campaign-${which}-${errand.act}-${how}.json`;
  download(name, JSON.stringify(errand, undefined, 1), "application/json");
}
