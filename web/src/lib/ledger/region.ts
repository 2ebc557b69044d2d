/** How others of a region fared in a year: what the anchored batches of its class say of their people together. */

interface Batch {
  readonly creditClass: string;
  readonly state: string;
  readonly people: number;
  readonly footprintsGco2e: string;
}

/** The regional mean: of a class's attested people, in whole grams, rounded up as every line of theirs is. */
export interface Mean {
  readonly people: number;
  readonly footprintGco2e: bigint;
}

/** Undefined while no batch of the class is on the chain. */
export function meanOf(batches: readonly Batch[], creditClass: string): Mean | undefined {
  const anchored = batches.filter((one) => one.creditClass === creditClass && one.state === "anchored");
  const people = anchored.reduce((sum, one) => sum + one.people, 0);
  if (people === 0) return undefined;
  const together = anchored.reduce((sum, one) => sum + BigInt(one.footprintsGco2e), 0n);
  return { people, footprintGco2e: (together + BigInt(people) - 1n) / BigInt(people) };
}
