/** A class's price levels, kept up from its book channel: best first, exact, and checked against the server's sum. */

import type { SchemaLevelOut as LevelOut } from "../api/schema";
import type { BookData } from "./channels";
import { crc32 } from "./crc32";

export interface Level {
  /** Base units of the payment token. */
  readonly pricePerKg: bigint;
  readonly lots: bigint;
  readonly orders: number;
}

export type Side = "buy" | "sell";

const CHECKED_LEVELS = 10;

/** One side of a book. Bids are best at the highest price, asks at the lowest. */
export class Levels {
  #best: Level[] = [];

  constructor(readonly side: Side) {}

  /** Every level, best first. Not to be changed: it is the book's own. */
  get all(): readonly Level[] {
    return this.#best;
  }

  clear(): void {
    this.#best = [];
  }

  /** Sets a level as it now is; without orders it is gone. */
  put({ pricePerKg, lots, orders }: LevelOut): void {
    const level = { pricePerKg: BigInt(pricePerKg), lots: BigInt(lots), orders };
    const at = this.#place(level.pricePerKg);
    const isThere = this.#best[at]?.pricePerKg === level.pricePerKg;
    if (orders > 0) this.#best.splice(at, isThere ? 1 : 0, level);
    else if (isThere) this.#best.splice(at, 1);
  }

  /** Where a price stands, or would stand. */
  #place(pricePerKg: bigint): number {
    let [low, high] = [0, this.#best.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const here = (this.#best[middle] as Level).pricePerKg;
      const isBetter = this.side === "buy" ? here > pricePerKg : here < pricePerKg;
      if (isBetter) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Both sides of a class's book. */
export class Book {
  readonly bids = new Levels("buy");
  readonly asks = new Levels("sell");
  /** The line of the journal it is true after. */
  journalSequence = 0;

  /** Takes the whole. */
  restart(data: BookData): boolean {
    this.bids.clear();
    this.asks.clear();
    return this.change(data);
  }

  /** Takes what changed; whether the book is then the server's. */
  change(data: BookData): boolean {
    for (const level of data.bids) this.bids.put(level);
    for (const level of data.asks) this.asks.put(level);
    this.journalSequence = data.journalSequence;
    return this.checksum() === data.checksum;
  }

  /** CRC-32 of the ten best asks, then bids, as `price:lots:orders`. */
  checksum(): number {
    const best = [...this.asks.all.slice(0, CHECKED_LEVELS), ...this.bids.all.slice(0, CHECKED_LEVELS)];
    return crc32(best.map(({ pricePerKg, lots, orders }) => `${pricePerKg}:${lots}:${orders}`).join(","));
  }
}
