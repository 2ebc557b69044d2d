import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Pairs of tokens that carry text: what is written, and on what (WCAG 2.2, 1.4.3: 4.5 to 1). */
const TEXT: readonly (readonly [string, string])[] = [
  ["ink", "paper"],
  ["ink", "sheet"],
  ["ink", "tint"],
  ["soft", "paper"],
  ["soft", "sheet"],
  ["soft", "tint"],
  ["accent", "paper"],
  ["accent", "sheet"],
  ["accent", "tint"],
  ["on-accent", "accent"],
  ["buy", "paper"],
  ["buy", "sheet"],
  ["sell", "paper"],
  ["sell", "sheet"],
  ["warn-ink", "warn-paper"],
  ["bad-ink", "bad-paper"],
];

/** Pairs that show what something is or where it ends, without text (1.4.11: 3 to 1). */
const SHAPES: readonly (readonly [string, string])[] = [
  ["edge", "paper"],
  ["edge", "sheet"],
  ["held", "sheet"],
  ["retired", "sheet"],
  ["cancelled", "sheet"],
  ["donated", "sheet"],
];

const source = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");

const colours = new Map(
  [...source.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [
    name,
    { light: light ?? "", dark: dark ?? "" },
  ]),
);

/** Relative luminance of `#rrggbb` (WCAG 2.2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dim = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}

function colour(name: string, theme: "light" | "dark"): string {
  const found = colours.get(name);
  if (found === undefined) throw new Error(`no token --${name}`);
  return found[theme];
}

test.each([
  ["#000000", "#ffffff", 21],
  ["#777777", "#ffffff", 4.478],
  ["#0a7d33", "#0a7d33", 1],
])("contrast of %s and %s is as WCAG computes it", (one, other, expected) => {
  expect(contrast(one, other)).toBeCloseTo(expected, 2);
});

for (const theme of ["light", "dark"] as const) {
  test.each(TEXT)(`--%s is legible on --%s, ${theme}`, (text, paper) => {
    expect(contrast(colour(text, theme), colour(paper, theme))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(SHAPES)(`--%s stands out from --%s, ${theme}`, (shape, paper) => {
    expect(contrast(colour(shape, theme), colour(paper, theme))).toBeGreaterThanOrEqual(3);
  });
}

test("every token that is a colour has one for the day and one for the night", () => {
  const written = [...source.matchAll(/--([\w-]+): (?:light-dark|#|rgb)/g)].map(([, name]) => name);
  expect(written).toEqual([...colours.keys()]);
});
