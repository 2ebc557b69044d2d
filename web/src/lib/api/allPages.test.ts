import { expect, test } from "vitest";
import { allPages } from "./allPages";

test("all pages: each goes on after the last row, and a short one is the end", async () => {
  const rows = Array.from({ length: 450 }, (_, at) => ({ id: at * 2 + 1 }));
  const asked: number[] = [];
  const found = await allPages(async ({ after, limit }) => {
    asked.push(after);
    return rows.filter(({ id }) => id > after).slice(0, limit);
  });
  expect(found).toEqual(rows);
  expect(asked).toEqual([0, 399, 799]);
});
