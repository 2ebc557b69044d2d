import { expect, test } from "vitest";
import { Book } from "./book";

const level = (pricePerKg: number, lots: number, orders = 1) => ({
  pricePerKg: String(pricePerKg),
  lots: String(lots),
  orders,
});

/** The example of docs/stream.md. */
const EXAMPLE = {
  classId: "1",
  journalSequence: 7,
  asks: [level(102, 2), level(101, 3)],
  bids: [level(99, 1)],
  checksum: 1_093_569_559,
};

test("a book is best first on both sides, and its checksum is the one docs/stream.md shows", () => {
  const book = new Book();
  expect(book.restart(EXAMPLE)).toBe(true);
  expect(book.asks.all.map(({ pricePerKg }) => pricePerKg)).toEqual([101n, 102n]);
  expect(book.journalSequence).toBe(7);
});

test("a changed level is replaced, one without orders is gone, and a wrong sum is noticed", () => {
  const book = new Book();
  book.restart(EXAMPLE);
  const change = { classId: "1", journalSequence: 8, asks: [level(101, 0, 0)], bids: [level(98, 5, 2)], checksum: 0 };
  expect(book.change(change)).toBe(false);
  expect(book.asks.all.map(({ pricePerKg }) => pricePerKg)).toEqual([102n]);
  expect(book.bids.all.map(({ pricePerKg }) => pricePerKg)).toEqual([99n, 98n]);
  expect(book.change({ ...change, checksum: book.checksum() })).toBe(true);
});

test("whatever levels change in whatever order, the book is the sorted levels that have orders", () => {
  let seed = 20_261_130;
  const draw = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const book = new Book();
  const expected = new Map<number, number>();
  for (let step = 0; step < 2_000; step += 1) {
    const [price, orders] = [draw(60) + 1, draw(3)];
    book.bids.put(level(price, step, orders));
    book.asks.put(level(price, step, orders));
    if (orders === 0) expected.delete(price);
    else expected.set(price, step);
  }
  const rising = [...expected]
    .sort(([one], [other]) => one - other)
    .map(([price, lots]) => [BigInt(price), BigInt(lots)]);
  expect(book.asks.all.map(({ pricePerKg, lots }) => [pricePerKg, lots])).toEqual(rising);
  expect(book.bids.all.map(({ pricePerKg, lots }) => [pricePerKg, lots])).toEqual(rising.reverse());
});
