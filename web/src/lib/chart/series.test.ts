import { describe, expect, test } from "vitest";
import { stacked, strideOf } from "./series";

describe("stacked", () => {
  test("each layer begins where the one below ends", () => {
    expect(
      stacked([
        [1, 2],
        [10, 0],
        [100, -1],
      ]),
    ).toEqual([
      [1, 2],
      [11, 2],
      [111, 1],
    ]);
  });
  test("what is not there lifts nothing", () => {
    expect(
      stacked([
        [1, null],
        [null, 5],
      ]),
    ).toEqual([
      [1, null],
      [null, 5],
    ]);
  });
});

test.each([
  [12, 600, 40, 1],
  [12, 240, 40, 2],
  [12, 0, 40, 480],
  [0, 300, 40, 1],
])("%i words on %i pixels, %i wide each: every %ith", (count, width, least, stride) => {
  expect(strideOf(count, width, least)).toBe(stride);
});
