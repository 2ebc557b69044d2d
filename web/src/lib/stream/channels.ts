/** The channels of `/stream` and what each tells: the whole first, then what changed. Amounts are decimal strings. */

import type {
  SchemaBalancesOut as Balances,
  SchemaCandleOut as Candle,
  SchemaLevelOut as Level,
  SchemaMarketOut as Market,
  SchemaOrderOut as Order,
  SchemaOwnTradeOut as OwnTrade,
  SchemaTickerOut as Ticker,
  SchemaTradeOut as Trade,
} from "../api/schema";

/** Price levels after a line of the journal: all of them, or those that changed (no orders: the level is gone). */
export interface BookData {
  classId: string;
  journalSequence: number;
  bids: Level[];
  asks: Level[];
  checksum: number;
}

/** What an auction would do now; in a phase in which orders meet at once, only the phase. */
export interface AuctionData {
  classId: string;
  journalSequence: number;
  phase: Market["phase"];
  pricePerKg: string | null;
  lots: string;
  imbalanceLots: string;
  imbalanceSide: "buy" | "sell" | null;
}

export const INTERVALS = ["1m", "5m", "1h", "1d"] as const;
export type Interval = (typeof INTERVALS)[number];

/** A channel's name to what its snapshots and deltas hold. */
export interface Channels {
  [book: `book:${string}`]: { snapshot: BookData; delta: BookData };
  [trades: `trades:${string}`]: {
    snapshot: { trades: Trade[] };
    delta: { events: { event: "trade" | "trade_busted"; trade: Trade }[] };
  };
  [ticker: `ticker:${string}`]: { snapshot: Ticker; delta: Ticker };
  [candles: `candles:${string}`]: {
    snapshot: { candles: Candle[] };
    delta: { event: "trade" | "trade_busted"; candles: Candle[] };
  };
  [auction: `auction:${string}`]: { snapshot: AuctionData; delta: AuctionData };
  [rules: `rules:${string}`]: { snapshot: Market; delta: Market };
  orders: { snapshot: { orders: Order[] }; delta: { orders: Order[] } };
  fills: { snapshot: { fills: OwnTrade[] }; delta: { events: { event: string; fill: OwnTrade }[] } };
  balances: { snapshot: Balances; delta: Balances };
}
