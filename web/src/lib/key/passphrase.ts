/**
 * How well a passphrase holds, told while it is typed: an estimate from its length and variety, no promise. Whoever steals
 * a keystore file may guess for ever, at about a second a guess and core.
 */

export type Strength = "short" | "weak" | "fair" | "strong";

export const CHARACTERS_MIN = 10;
/** Fewer are enough where one stands for a word. */
export const IDEOGRAPHS_MIN = 8;
const WEAK_BITS = 40;
const STRONG_BITS = 64;

const IDEOGRAPH = /\p{Script=Han}/u;

/** Alphabets that a character may come from, with their sizes; ideographs count as the few hundred that people choose. */
const ALPHABETS: readonly (readonly [RegExp, number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[ -/:-@[-`{-~]/, 33],
  [IDEOGRAPH, 500],
];

/** Characters that carry something: what repeats the last one, or follows it in the alphabet, does not. */
function carrying(characters: readonly string[]): number {
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  const fresh = codes.filter((code, index) => {
    const before = codes[index - 1];
    return before === undefined || Math.abs(code - before) > 1;
  });
  return Math.min(fresh.length, 2 * new Set(codes).size);
}

/** The estimate for a text. */
export function strengthOf(passphrase: string): Strength {
  const characters = [...passphrase];
  const ideographs = characters.filter((character) => IDEOGRAPH.test(character)).length;
  if (characters.length < CHARACTERS_MIN && ideographs < IDEOGRAPHS_MIN) return "short";
  const size = ALPHABETS.reduce((sum, [alphabet, letters]) => sum + (alphabet.test(passphrase) ? letters : 0), 0);
  const bits = (carrying(characters) * Math.log2(Math.max(size, 2))) / 1.5; // words are half guessed by their beginning
  if (bits < WEAK_BITS) return "weak";
  return bits < STRONG_BITS ? "fair" : "strong";
}
