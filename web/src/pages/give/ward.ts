/** A child that somebody acts for, as the address of a page names it. */

import type { Address } from "viem";

/** The child that `?ward=` names, if it is one of those in the person's care; else undefined: the person itself. */
export function wardIn(search: string, wards: readonly string[]): Address | undefined {
  const named = new URLSearchParams(search).get("ward")?.toLowerCase();
  return wards.find((ward) => ward.toLowerCase() === named) as Address | undefined;
}
