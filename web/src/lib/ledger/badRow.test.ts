import { expect, test } from "vitest";
import { badRowOf } from "./badRow";

test("a refused row is told by line, column, words and code", () => {
  expect(badRowOf("line 14, column from/to: the span [from, to] is empty: [2025] [activity.span_invalid]")).toEqual({
    line: "14",
    column: "from/to",
    message: "the span [from, to] is empty: [2025]",
    code: "activity.span_invalid",
  });
});

test.each(["the file has no rows", "line 1: the columns are none; expected category, kind (absent: kind)"])(
  "%j is about the file as a whole",
  (told) => {
    expect(badRowOf(told)).toBeUndefined();
  },
);
