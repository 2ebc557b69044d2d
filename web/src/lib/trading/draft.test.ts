import { describe, expect, test } from "vitest";
import { type Draft, emptyDraft, meant } from "./draft";

const RULES = { tick: "100", lotsMin: "1", lotsMax: "1000", priceMax: "1000000", protectionBps: 500 };
const NOW_S = Date.parse("2026-01-15T12:00:00Z") / 1000;
const of = (draft: Partial<Draft>, { best }: { best?: bigint } = { best: 80_100n }) =>
  meant({ ...emptyDraft(), kg: "3", price: "0.0801", ...draft }, 7n, RULES, best, NOW_S);

test("a limit order is its kilograms and its price, for as many days as it may wait", () => {
  const { terms, beside } = of({ side: "sell", days: 7 });
  expect(terms).toEqual({
    side: "sell",
    classId: 7n,
    lots: 3n,
    pricePerKg: 80_100n,
    action: "hold",
    lifetimeS: 7 * 86_400,
  });
  expect(beside).toMatchObject({ timeInForce: "gtc", market: false, goodUntil: undefined });
});

test("a market order cannot wait, and its price is its protection", () => {
  const { terms, beside } = of({ kind: "market", price: "", postOnly: true });
  expect(terms?.pricePerKg).toBe(84_100n);
  expect(beside).toMatchObject({ timeInForce: "ioc", market: true, postOnly: false });
});

test("an order good till a time is signed for a little longer, so that it leaves the book then", () => {
  const until = new Date((NOW_S + 3_600) * 1000);
  const local = new Date(until.getTime() - until.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const { terms, beside } = of({ timeInForce: "gtd", until: local });
  expect(beside?.goodUntil).toBe(NOW_S + 3_600);
  expect(terms?.lifetimeS).toBeGreaterThan(3_600);
});

test("what happens where it would meet an order of one's own is as the person chose, at whatever price", () => {
  expect(of({}).beside?.selfTrade).toBe("cancel_newest");
  for (const kind of ["limit", "market"] as const)
    expect(of({ kind, selfTrade: "cancel_both" }).beside?.selfTrade).toBe("cancel_both");
});

test("only a buy retires", () => {
  expect(of({ retires: true }).terms?.action).toBe("retire");
  expect(of({ retires: true, side: "sell" }).terms?.action).toBe("hold");
});

describe("a form is told what is wrong with which field", () => {
  test.each<[Partial<Draft>, object]>([
    [{ kg: "" }, { kg: "kg_malformed" }],
    [{ kg: "0" }, { kg: "kg_malformed" }],
    [{ kg: "1.5" }, { kg: "kg_whole" }],
    [{ kg: "1001" }, { kg: "kg_range" }],
    [
      { price: "cheap", kg: "-1" },
      { kg: "kg_malformed", price: "price_malformed" },
    ],
    [{ price: "0.08015" }, { price: "price_tick" }],
    [{ price: "1.0001" }, { price: "price_high" }],
    [{ timeInForce: "gtd", until: "" }, { until: "until_soon" }],
    [{ timeInForce: "gtd", until: "2020-01-01T00:00" }, { until: "until_soon" }],
  ])("%o", (draft, faults) => {
    expect(of(draft).faults).toEqual(faults);
  });
  test("and a market order that nobody stands against", () => {
    expect(of({ kind: "market" }, {}).faults).toEqual({ price: "nobody_offers" });
  });
});
