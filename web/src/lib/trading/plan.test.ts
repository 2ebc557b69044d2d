import type { Address } from "viem";
import { describe, expect, test } from "vitest";
import type { SchemaBuyPlanOut as Plan } from "../api/schema";
import { parseCode } from "../chain/classId";
import { type Criteria, dearest, ordersOf, PlanDiffers, planBodyOf, plannedBody } from "./plan";
import { type Terms, ZERO_REF } from "./terms";

const MAKER: Address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const EXPIRY = 1_800_000_000n;
const ANY: Criteria = { region: "", vintage: "", methodology: "" };
const TERMS: Terms = { side: "buy", classId: 0n, lots: 9n, pricePerKg: 80_000n, action: "hold", lifetimeS: 86_400 };

const planned = (code: string, lots: number, changed: object = {}): Plan["orders"][number] => ({
  classCode: code,
  isSimulated: true,
  lotsFillable: String(lots),
  cost: String(lots * 70_000),
  fee: "0",
  order: {
    maker: MAKER,
    beneficiary: MAKER,
    classId: String(parseCode(code)),
    side: "buy",
    amountGco2e: `${lots}000`,
    pricePerKg: "70000",
    maxFeeBps: "100",
    expiry: String(EXPIRY),
    number: "77",
    epoch: "0",
    action: "hold",
    ref: ZERO_REF,
    timeInForce: "ioc",
    goodUntil: null,
    postOnly: false,
    selfTrade: "cancel_newest",
    clientOrderId: "mine:1",
    market: false,
    ...changed,
  },
});

const planOf = (...orders: Plan["orders"]): Plan => ({
  reference: "mine",
  sequence: 1,
  lotsWanted: "9",
  lotsFillable: "9",
  cost: "630000",
  fee: "0",
  feeAtMost: "6300",
  isSimulated: true,
  orders,
  classes: [],
});

const ordersIn = (plan: Plan, criteria: Criteria = ANY) => ordersOf(plan, TERMS, criteria, MAKER, EXPIRY);

test("what is left empty asks nothing of a class", () => {
  const body = planBodyOf(TERMS, ANY, EXPIRY);
  expect(body).toMatchObject({ regions: [], vintages: [], methodology: null, lots: "9", limitPerKg: "80000" });
  const narrow = planBodyOf(TERMS, { region: "CN-SC", vintage: "2025", methodology: "SIM" }, EXPIRY);
  expect(narrow).toMatchObject({ regions: ["CN-SC"], vintages: [2025], methodology: "SIM" });
});

test("a plan that allows no more than was asked for becomes its orders, under the server's name for each", () => {
  const plan = planOf(planned("CN-SC/2025/SIM", 5), planned("US-CA/2025/SIM", 4));
  const orders = ordersIn(plan);
  expect(orders.map(({ amountGco2e }) => amountGco2e)).toEqual([5_000n, 4_000n]);
  expect(dearest(orders)).toBe(70_000n);
  const [first, named] = [orders[0], plan.orders[0]];
  if (first === undefined || named === undefined) throw new Error("two were planned");
  expect(plannedBody(first, named, "0x12")).toMatchObject({
    clientOrderId: "mine:1",
    timeInForce: "ioc",
    signature: "0x12",
  });
});

test("a country stands for all its regions, and for no other's", () => {
  const plan = planOf(planned("CN-SC/2025/SIM", 5));
  for (const region of ["CN", "CN-SC", ""]) expect(ordersIn(plan, { ...ANY, region })).toHaveLength(1);
  for (const region of ["C", "CN-GD", "US"]) expect(() => ordersIn(plan, { ...ANY, region })).toThrow(PlanDiffers);
});

describe("a plan that holds anything else is not signed:", () => {
  test.each([
    ["another's order", { maker: ZERO_REF.slice(0, 42) }],
    ["for somebody else", { beneficiary: ZERO_REF.slice(0, 42) }],
    ["a sale", { side: "sell" }],
    ["a gift", { action: "donate" }],
    ["a reference", { ref: ZERO_REF.replace(/0$/, "1") }],
    ["a longer life", { expiry: String(EXPIRY + 1n) }],
    ["a higher fee", { maxFeeBps: "101" }],
    ["a higher price", { pricePerKg: "80001" }],
    ["more", { amountGco2e: "10000" }],
    ["an order that waits", { timeInForce: "gtc" }],
  ])("%s", (_, changed) => {
    expect(() => ordersIn(planOf(planned("CN-SC/2025/SIM", 5, changed)))).toThrow(PlanDiffers);
  });
  test.each([
    ["vintage", { vintage: "2024" }],
    ["methodology", { methodology: "METER" }],
  ])("another %s", (_, criteria) => {
    expect(() => ordersIn(planOf(planned("CN-SC/2025/SIM", 5)), { ...ANY, ...criteria })).toThrow(PlanDiffers);
  });
});
