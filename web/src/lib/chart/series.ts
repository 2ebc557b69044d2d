/** What a chart shows, without saying how it is drawn: places on the x axis, and series over them. Pixels only: numbers. */

/** A colour of `style/tokens.css`, by its name without the dashes. */
export type Tone =
  | "accent"
  | "soft"
  | "held"
  | "buffer"
  | "retired"
  | "cancelled"
  | "donated"
  | "rest"
  | "buy"
  | "sell";

export interface Series {
  readonly name: string;
  readonly tone: Tone;
  /** `band` lies between `values` and `low`; bars stand side by side, or one on another in a stacked chart. */
  readonly shape: "bars" | "line" | "steps" | "band";
  readonly values: readonly (number | null)[];
  readonly low?: readonly (number | null)[];
  readonly isDashed?: boolean;
}

/** Where the values stand: at words (months, categories), or at Unix seconds in order. */
export type Places = { readonly words: readonly string[] } | { readonly times: readonly number[] };

export const countOf = (places: Places): number => ("words" in places ? places.words.length : places.times.length);

/** Each series on top of those before it; a value that is not there lifts nothing and is not there itself. */
export function stacked(layers: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const tops: number[] = [];
  return layers.map((layer) =>
    layer.map((value, place) => {
      if (value === null) return null;
      const top = (tops[place] ?? 0) + value;
      tops[place] = top;
      return top;
    }),
  );
}

/** Every how manyth word has room: `width` pixels for `count` words, each `least` pixels wide. */
export function strideOf(count: number, width: number, least: number): number {
  return Math.max(1, Math.ceil((count * least) / Math.max(1, width)));
}
