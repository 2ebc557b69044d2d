import { expect, test } from "vitest";
import type { Trail } from "./campaign";
import { allTrails, TRAILS_MAX } from "./trails";

const gifts = (count: number): Trail[] =>
  Array.from({ length: count }, (_, at) => ({ gift: { receiptId: `${at}` } }) as Trail);

test.each([0, 1, TRAILS_MAX, TRAILS_MAX + 1, 3 * TRAILS_MAX])("%i gifts are all told, each once", async (count) => {
  const all = gifts(count);
  const asked: (string | null)[] = [];
  const found = await allTrails(async (before) => {
    asked.push(before);
    const from = before === null ? 0 : Number(before) + 1;
    return all.slice(from, from + TRAILS_MAX);
  });
  expect(found).toEqual(all);
  expect(asked.length).toBe(Math.floor(count / TRAILS_MAX) + 1);
});
