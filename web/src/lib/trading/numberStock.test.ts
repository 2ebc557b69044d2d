import { expect, test } from "vitest";
import { NumberStock } from "./numberStock";

const HOUR_MS = 3_600_000;

function world(size: number) {
  const clock = { nowMs: Date.parse("2026-01-15T12:00:00Z"), leases: 0 };
  const stock = new NumberStock(
    async () => {
      const from = clock.leases * size;
      clock.leases += 1;
      const expires = new Date(clock.nowMs + HOUR_MS).toISOString();
      return { from: String(from), to: String(from + size - 1), expires };
    },
    () => clock.nowMs,
  );
  return { clock, stock };
}

test("every number is handed out once, however many ask at the same time", async () => {
  const { clock, stock } = world(2);
  const taken = await Promise.all([1, 2, 3].map(() => stock.take()));
  expect(taken.map(({ number }) => number).sort()).toEqual([0n, 1n, 2n]);
  expect(clock.leases).toBe(2);
});

test("a number that was not used serves the next order", async () => {
  const { stock } = world(3);
  const first = await stock.take();
  stock.giveBack(first);
  expect((await stock.take()).number).toBe(first.number);
});

test("a number near its end is left alone", async () => {
  const { clock, stock } = world(2);
  await stock.take();
  clock.nowMs += HOUR_MS - 60_000;
  expect((await stock.take()).number).toBe(2n);
});
