/** One buy over several classes, as its buyer has it: what is asked, and whether a plan is no more than that. */

import type { Address, Hex } from "viem";
import { GRAMS_PER_KG } from "../amounts";
import type {
  SchemaBuyBody as BuyBody,
  SchemaBuyPlanOut as Plan,
  SchemaPlannedOrderOut as Planned,
} from "../api/schema";
import { unpack } from "../chain/classId";
import { FEE_CAP_BPS } from "./fee";
import { bodyOf, type Order, PLAIN, type Terms, ZERO_REF } from "./terms";

/** Which classes will do; what is left empty asks nothing. A country stands for all its regions. */
export interface Criteria {
  readonly region: string;
  readonly vintage: string;
  readonly methodology: string;
}

/** A plan that holds another order than was asked for: it is not signed. */
export class PlanDiffers extends Error {
  readonly code = "market.plan_differs";
  constructor(
    readonly what: string,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`the plan's ${what} is ${found}; asked for was ${expected}: nothing of it is signed`);
  }
}

/** The JSON that `POST /orders/plan` takes. `terms.pricePerKg`: the most for a kg of any class. `expiry`: Unix seconds. */
export const planBodyOf = (terms: Terms, criteria: Criteria, expiry: bigint): BuyBody => ({
  regions: criteria.region === "" ? [] : [criteria.region],
  vintages: criteria.vintage === "" ? [] : [Number(criteria.vintage)],
  methodology: criteria.methodology === "" ? null : criteria.methodology,
  lots: String(terms.lots),
  limitPerKg: String(terms.pricePerKg),
  maxFeeBps: String(FEE_CAP_BPS),
  expiry: String(expiry),
  action: terms.action,
  beneficiary: null,
  ref: ZERO_REF,
  allOrNothing: false,
});

function require(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new PlanDiffers(what, String(found), String(expected));
}

function checked({ order }: Planned, terms: Terms, criteria: Criteria, maker: Address, expiry: bigint): Order {
  const { region, vintage, methodology } = unpack(BigInt(order.classId));
  const isThere = [region, region.split("-")[0], ""].includes(criteria.region);
  if (!isThere) throw new PlanDiffers("region", region, criteria.region);
  require("vintage", String(vintage), criteria.vintage || String(vintage));
  require("methodology", methodology, criteria.methodology || methodology);
  require("maker", order.maker.toLowerCase(), maker.toLowerCase());
  require("beneficiary", order.beneficiary.toLowerCase(), maker.toLowerCase());
  require("side", order.side, "buy");
  require("action", order.action, terms.action);
  require("ref", order.ref, ZERO_REF);
  require("expiry", order.expiry, String(expiry));
  require("maxFeeBps", order.maxFeeBps, String(FEE_CAP_BPS));
  require("timeInForce", order.timeInForce, "ioc");
  if (BigInt(order.pricePerKg) > terms.pricePerKg)
    throw new PlanDiffers("pricePerKg", order.pricePerKg, `at most ${terms.pricePerKg}`);
  return {
    maker,
    beneficiary: maker,
    classId: BigInt(order.classId),
    side: "buy",
    amountGco2e: BigInt(order.amountGco2e),
    pricePerKg: BigInt(order.pricePerKg),
    maxFeeBps: FEE_CAP_BPS,
    expiry,
    number: BigInt(order.number),
    epoch: BigInt(order.epoch),
    action: terms.action,
    ref: ZERO_REF,
  };
}

/** The orders of a plan, if signing all of them allows no more than was asked for. Throws PlanDiffers, ClassIdMalformed. */
export function ordersOf(plan: Plan, terms: Terms, criteria: Criteria, maker: Address, expiry: bigint): Order[] {
  const orders = plan.orders.map((planned) => checked(planned, terms, criteria, maker, expiry));
  const gco2e = orders.reduce((sum, { amountGco2e }) => sum + amountGco2e, 0n);
  if (gco2e > terms.lots * GRAMS_PER_KG)
    throw new PlanDiffers("kg", String(gco2e / GRAMS_PER_KG), `at most ${terms.lots}`);
  return orders;
}

/** The highest price that any of them may pay for a kg. */
export function dearest(orders: readonly Order[]): bigint {
  let most = 0n;
  for (const { pricePerKg } of orders) if (pricePerKg > most) most = pricePerKg;
  return most;
}

/** The JSON of a planned order with its signature, as `POST /orders/batch` takes it. */
export const plannedBody = (order: Order, planned: Planned, signature: Hex) => ({
  ...bodyOf(order, { ...PLAIN, timeInForce: "ioc" }, signature),
  clientOrderId: planned.order.clientOrderId ?? null,
});
