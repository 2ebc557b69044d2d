/** The lists that a channel tells of: the latest first, each thing once, as it was told last. */

/** Puts things into a list that has the latest first: one that is there already is replaced where it stands. */
export function latestFirst<Item>(
  known: readonly Item[],
  told: readonly Item[],
  keyOf: (item: Item) => number,
  most: number,
): Item[] {
  const byKey = new Map(known.map((item) => [keyOf(item), item]));
  for (const item of told) byKey.set(keyOf(item), item);
  return [...byKey.values()].sort((one, other) => keyOf(other) - keyOf(one)).slice(0, most);
}
