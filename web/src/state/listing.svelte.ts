/** Every class at a glance: last and best prices, and what its market is doing, as it happens. */

import type { SchemaMarketOut as MarketRules, SchemaTickerOut as Ticker } from "../lib/api/schema";
import { oncePerFrame } from "../lib/stream/frame";
import { stream } from "./stream.svelte";

/** Two channels a class, and the server lets one client watch 64: classes beyond are listed without what happens. */
export const CLASSES_FOLLOWED = 28;

export interface Glance {
  readonly ticker?: Ticker;
  readonly rules?: MarketRules;
}

export class Listing {
  /** By class code. */
  glances = $state.raw<ReadonlyMap<string, Glance>>(new Map());

  /** Follows classes until the function that it gives back is called. */
  follow(codes: readonly string[]): () => void {
    const known = new Map<string, Glance>();
    const shown = oncePerFrame(() => {
      this.glances = new Map(known);
    });
    const take = (code: string, change: Glance): true => {
      known.set(code, { ...known.get(code), ...change });
      shown.ask();
      return true;
    };
    const ends = codes.slice(0, CLASSES_FOLLOWED).flatMap((code) => {
      const ticker = (data: Ticker): true => take(code, { ticker: data });
      const rules = (data: MarketRules): true => take(code, { rules: data });
      return [
        stream.subscribe(`ticker:${code}`, { snapshot: ticker, delta: ticker }),
        stream.subscribe(`rules:${code}`, { snapshot: rules, delta: rules }),
      ];
    });
    return () => {
      for (const end of ends) end();
      shown.stop();
    };
  }
}
