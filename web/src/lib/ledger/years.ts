/** Which years of a person have a policy, and which of them a page shows first. */

interface PolicyInShort {
  readonly creditClass: string;
}

/** Region and year of a class code such as `CN-SC/2025/SIM`. */
function placed(code: string): { region: string; year: number } {
  const [region = "", year = ""] = code.split("/");
  return { region, year: Number(year) };
}

/** The years of a region's policies in which the person was a member, newest first. `joinedOn`: an ISO day. */
export function yearsOf(policies: readonly PolicyInShort[], region: string, joinedOn: string): number[] {
  const first = Number(joinedOn.slice(0, 4));
  const found = policies.map((policy) => placed(policy.creditClass)).filter((one) => one.region === region);
  return [...new Set(found.map(({ year }) => year))].filter((year) => year >= first).sort((a, b) => b - a);
}

/** A whole year in the address; undefined if the word is none. */
export const yearIn = (word: string | undefined): number | undefined =>
  word !== undefined && /^2\d{3}$/.test(word) ? Number(word) : undefined;

/** The year to show: the one asked for; else the newest that has begun and has something in it, or the newest begun. */
export function shownYear(years: readonly number[], asked: number | undefined, used: readonly number[], now: number) {
  if (asked !== undefined) return asked;
  const begun = years.filter((year) => year <= now);
  return begun.find((year) => used.includes(year)) ?? begun[0];
}
