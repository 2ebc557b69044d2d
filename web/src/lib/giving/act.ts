/** What every signed act of giving carries: a number nobody used, and until when it may be relayed. */

export const GOOD_FOR_S = 3600n;

/** A number for an act: any that its account has not used; no act waits for another. 64 random bits. */
export function freshNumber(): bigint {
  const [number = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return number;
}

/** Unix seconds of a moment, rounded down. */
export const unixS = (at: Date): bigint => BigInt(Math.floor(at.getTime() / 1000));

/** Unix seconds until which a message signed now may be relayed. */
export const deadlineAfter = (now: Date): bigint => unixS(now) + GOOD_FOR_S;

/** `2026-12-31` as the Unix second in which that day begins, in UTC; undefined of no day. */
export function dayS(day: string): bigint | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(at) ? undefined : BigInt(at / 1000);
}

/** A whole number as 32 bytes in hex, as an order names a campaign. */
export const bytes32 = (value: bigint): `0x${string}` => `0x${value.toString(16).padStart(64, "0")}`;

export const NO_REF = bytes32(0n);
