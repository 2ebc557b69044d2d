import { expect, test } from "vitest";
import type { SchemaOwnTradeOut as Fill, SchemaOrderOut as Order } from "../api/schema";
import { lifeOf } from "./life";

const at = (second: number): string => new Date(Date.UTC(2026, 0, 15, 12, 0, second)).toISOString();

const order = (change: Partial<Order>): Order =>
  ({
    amountGco2e: "3000",
    state: "open",
    reason: null,
    lotsOpen: "3",
    lotsMatched: "0",
    acceptedAt: at(0),
    changedAt: at(0),
    ...change,
  }) as Order;

const fill = (change: Partial<Fill>): Fill =>
  ({
    tradeId: 1,
    lots: "3",
    pricePerKg: "100",
    state: "matched",
    matchedAt: at(1),
    sentAt: null,
    settledAt: null,
    bustedAt: null,
    bustReason: null,
    txHash: null,
    ...change,
  }) as Fill;

const told = (...given: Parameters<typeof lifeOf>): string[] =>
  lifeOf(...given).map(({ step, lots, reason }) => `${step} ${lots}${reason ? ` (${reason})` : ""}`);

test("an order that waits was accepted", () => {
  expect(told(order({}), [])).toEqual(["accepted 3"]);
});

test("an order that was filled goes to the chain, and no step comes before the one that led to it", () => {
  const filled = order({ state: "filled", lotsOpen: "0", lotsMatched: "3", changedAt: at(1) });
  const final = fill({ state: "final", sentAt: at(3), settledAt: at(2), txHash: "0x1" });
  expect(told(filled, [final])).toEqual(["accepted 3", "matched 3", "filled 3", "sent 3", "final 3"]);
});

test("an order that left with some of it matched tells of both", () => {
  const left = order({ state: "cancelled", reason: "by_maker", lotsMatched: "1", changedAt: at(5) });
  expect(told(left, [fill({ lots: "1" })])).toEqual(["accepted 3", "matched 1", "cancelled 2 (by_maker)"]);
});

test("an order with a busted trade has its lots again", () => {
  const restored = order({ reason: "trade_busted", changedAt: at(4) });
  const busted = fill({ state: "busted", sentAt: at(2), bustedAt: at(3), bustReason: "CreditTransferFailed" });
  expect(told(restored, [busted])).toEqual([
    "accepted 3",
    "matched 3",
    "sent 3",
    "busted 3 (CreditTransferFailed)",
    "restored 3 (trade_busted)",
  ]);
});

test("an order whose funds shrank is told so", () => {
  const shrank = order({ reason: "funds_insufficient", lotsOpen: "1", changedAt: at(4) });
  expect(told(shrank, [])).toEqual(["accepted 3", "shrank 1 (funds_insufficient)"]);
});
