/** One buy over several classes: planned by the server, checked here, each order signed by itself, all placed together. */

import { api, asked } from "../lib/api/client";
import type { SchemaAckOut as Ack, SchemaBuyPlanOut as Plan } from "../lib/api/schema";
import { Problem, type ProblemDocument } from "../lib/problem";
import { type Criteria, ordersOf, planBodyOf, plannedBody } from "../lib/trading/plan";
import type { Order, Terms } from "../lib/trading/terms";
import { believed, deskHere, signedOrder } from "./placing.svelte";

/** A plan, and its orders as they will be signed. */
export interface PlannedBuy {
  readonly plan: Plan;
  readonly orders: readonly Order[];
}

/** What became of an order of it: the operator's word, or why it was refused. */
export interface Outcome {
  readonly code: string;
  readonly found: Ack | Problem;
}

/** What there is to buy now at no more than these terms. Nothing is placed. Throws Problem, PlanDiffers. */
export async function planBuy(terms: Terms, criteria: Criteria): Promise<PlannedBuy> {
  const { account } = deskHere();
  const expiry = BigInt(Math.floor(Date.now() / 1000) + terms.lifetimeS);
  const plan = await asked(api.POST("/orders/plan", { body: planBodyOf(terms, criteria, expiry) }));
  return { plan, orders: ordersOf(plan, terms, criteria, account, expiry) };
}

/**
 * Asks for a signature under each order, then places them all. `words`: what the order of a place in the plan will say.
 * Throws Declined (nothing is placed), Problem, AcknowledgementWrong.
 */
export async function placePlan(
  { plan, orders }: PlannedBuy,
  words: (order: Order, place: number) => readonly string[],
): Promise<Outcome[]> {
  const here = deskHere();
  const planned = plan.orders.map((each, place) => ({ ...each, signed: orders[place] as Order }));
  const bodies = [];
  for (const [place, each] of planned.entries()) {
    const signature = await signedOrder(each.signed, words(each.signed, place));
    bodies.push(plannedBody(each.signed, each, signature));
  }
  const answers = await asked(api.POST("/orders/batch", { body: { orders: bodies } }));
  return Promise.all(
    answers.map(async ({ accepted, problem }, place): Promise<Outcome> => {
      const { classCode, signed } = planned[place] as (typeof planned)[number];
      const found = accepted ? await believed(here, accepted, signed) : new Problem(problem as ProblemDocument);
      return { code: classCode, found };
    }),
  );
}
