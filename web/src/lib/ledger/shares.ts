/** Figures of a person's year as a picture needs them: shares of a whole in pixels, and parts in basis points. */

export const BPS = 10_000n;

/** A share of a whole from 0 to 1, for drawing only; 0 of nothing. */
export function shareOf(part: bigint, whole: bigint): number {
  if (whole <= 0n || part <= 0n) return 0;
  return part >= whole ? 1 : Number((part * 1_000_000n) / whole) / 1_000_000;
}

/** Grams as kg, for drawing only. */
export const drawnKg = (amountGco2e: string): number => Number(BigInt(amountGco2e)) / 1000;

/** Equal parts of 10,000 basis points for so many; the first get what does not divide. */
export function equalPartsBps(count: number): number[] {
  if (count === 0) return [];
  const each = Math.floor(10_000 / count);
  return Array.from({ length: count }, (_, place) => each + (place < 10_000 - each * count ? 1 : 0));
}

/** Per cent typed by a person (`33.34`) as basis points; undefined of what is none. */
export function bpsOf(percent: string): number | undefined {
  const match = /^(\d{1,3})(?:[.](\d{1,2}))?$/.exec(percent.trim());
  if (match === null) return undefined;
  const bps = Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  return bps >= 1 && bps <= 10_000 ? bps : undefined;
}
