/** What a campaign's numbers say: how far it is, what became of its grams. Grams, as bigint. */

import type { SchemaCampaignOut, SchemaHoldingOut, SchemaTrailOut } from "../api/schema";

export type Campaign = SchemaCampaignOut;
export type Trail = SchemaTrailOut;
export type Fate = "held" | "retired" | "granted" | "refunded";

export const FATES: readonly Fate[] = ["retired", "granted", "refunded", "held"];

/** Grams of each fate that has any, in the order they are shown. They sum to what was donated. */
export function fatesOf(holding: SchemaHoldingOut): readonly { fate: Fate; amountGco2e: bigint }[] {
  const grams: Record<Fate, string> = {
    held: holding.heldGco2e,
    retired: holding.retiredGco2e,
    granted: holding.grantedGco2e,
    refunded: holding.refundedGco2e,
  };
  return FATES.map((fate) => ({ fate, amountGco2e: BigInt(grams[fate]) })).filter(
    ({ amountGco2e }) => amountGco2e > 0n,
  );
}

/** The share of a whole in tenths of a per cent, 0 to 1000, rounded down: for a bar's width, never for a sum. */
export function perMille(part: bigint, whole: bigint): number {
  if (whole <= 0n || part <= 0n) return 0;
  const share = (part * 1000n) / whole;
  return Number(share > 1000n ? 1000n : share);
}

/** Whether a campaign takes gifts now. */
export const takesGifts = ({ phase }: Campaign): boolean => phase === "collecting";

/** Whether donors can claim back what was not spent. */
export const givesBack = ({ phase }: Campaign): boolean => phase === "failed";

/** A donor's grams in a campaign that are still held there: of a failed one, what a refund brings. */
export function heldFor(trails: readonly Trail[], campaignId: string, donor: string): bigint {
  return trails
    .filter((trail) => trail.campaignId === campaignId && trail.gift.donor === donor)
    .flatMap((trail) => trail.parts)
    .filter((part) => part.fate === "held")
    .reduce((sum, part) => sum + BigInt(part.amountGco2e), 0n);
}
