/** The signed-in account's own trading as it happens: open and recent orders, fills, funds. */

import type {
  SchemaBalancesOut as Balances,
  SchemaOwnTradeOut as Fill,
  SchemaOrderOut as Order,
} from "../lib/api/schema";
import type { Problem } from "../lib/problem";
import { latestFirst } from "../lib/stream/tape";
import { stream } from "./stream.svelte";

const ORDERS_KEPT = 10_000;
const FILLS_KEPT = 200;

export class Trading {
  /** Every open order, and those that left while somebody looked; newest first. */
  orders = $state.raw<readonly Order[]>();
  fills = $state.raw<readonly Fill[]>();
  balances = $state.raw<Balances>();
  problem = $state.raw<Problem>();

  /** Follows the account that the session cookie names until the function that it gives back is called. */
  follow(): () => void {
    const refused = (problem: Problem): void => {
      this.problem = problem;
    };
    const ends = [
      stream.subscribe("orders", {
        snapshot: ({ orders }) => {
          this.problem = undefined;
          this.orders = [...orders].reverse();
        },
        delta: ({ orders }) => {
          this.orders = latestFirst(this.orders ?? [], orders, ({ sequence }) => sequence, ORDERS_KEPT);
          return true;
        },
        refused,
      }),
      stream.subscribe("fills", {
        snapshot: ({ fills }) => {
          this.fills = fills;
        },
        delta: ({ events }) => {
          const told = events.map(({ fill }) => fill);
          this.fills = latestFirst(this.fills ?? [], told, ({ tradeId }) => tradeId, FILLS_KEPT);
          return true;
        },
      }),
      stream.subscribe("balances", {
        snapshot: (balances) => {
          this.balances = balances;
        },
        delta: (balances) => {
          this.balances = balances;
          return true;
        },
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** What the account has of a class, in grams; nothing if it was never there. */
  creditsOf(classId: string): Balances["credits"][number] | undefined {
    return this.balances?.credits.find((held) => held.classId === classId);
  }
}
