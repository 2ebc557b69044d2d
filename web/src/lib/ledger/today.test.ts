import { expect, test } from "vitest";
import { localDay } from "./today";

test("the day is the browser's own, whatever UTC's is", () => {
  expect(localDay(new Date(2026, 0, 5, 0, 0, 1))).toBe("2026-01-05");
  expect(localDay(new Date(2026, 10, 30, 23, 59, 59))).toBe("2026-11-30");
});
