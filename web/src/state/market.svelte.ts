/** One class's market as it happens: book, tape, ticker, auction, rules, candles. Shown at most once a frame. */

import { api, asked } from "../lib/api/client";
import type {
  SchemaCandleOut as Candle,
  SchemaMarketOut as MarketRules,
  SchemaTickerOut as Ticker,
  SchemaTradeOut as Trade,
} from "../lib/api/schema";
import { Book, type Level } from "../lib/stream/book";
import type { AuctionData, Interval } from "../lib/stream/channels";
import { oncePerFrame } from "../lib/stream/frame";
import { latestFirst } from "../lib/stream/tape";
import { stream } from "./stream.svelte";

const TRADES_SHOWN = 50;
const CANDLES_SHOWN = 1_000;

/** The levels of both sides, best first, after one line of the journal. */
export interface Depth {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export class Market {
  /** Undefined until the first snapshot. */
  depth = $state.raw<Depth>();
  trades = $state.raw<readonly Trade[]>();
  ticker = $state.raw<Ticker>();
  auction = $state.raw<AuctionData>();
  rules = $state.raw<MarketRules>();
  /** Today's fee rate, in basis points of cost. */
  feeBps = $state.raw<bigint>();
  problem = $state.raw<unknown>();
  readonly #book = new Book();

  /** `code`: of the class, such as `CN-SC/2025/SIM`. */
  constructor(readonly code: string) {}

  /** Follows the class until the function that it gives back is called. */
  follow(): () => void {
    const book = this.#book;
    const shown = oncePerFrame(() => {
      this.depth = { bids: [...book.bids.all], asks: [...book.asks.all] };
    });
    const changed = (isRight: boolean): boolean => {
      if (isRight) shown.ask();
      return isRight;
    };
    const refused = (problem: unknown): void => {
      this.problem = problem;
    };
    asked(api.GET("/market/classes")).then((classes) => {
      const mine = classes.find(({ classCode }) => classCode === this.code);
      this.feeBps = mine && BigInt(mine.feeBps);
    }, refused);
    const ends = [
      stream.subscribe(`book:${this.code}`, {
        snapshot: (data) => changed(book.restart(data)),
        delta: (data) => changed(book.change(data)),
        refused,
      }),
      stream.subscribe(`trades:${this.code}`, {
        snapshot: ({ trades }) => {
          this.trades = trades;
        },
        delta: ({ events }) => {
          const told = events.map(({ trade }) => trade);
          this.trades = latestFirst(this.trades ?? [], told, ({ tradeId }) => tradeId, TRADES_SHOWN);
          return true;
        },
      }),
      this.#whole(`ticker:${this.code}`, (ticker: Ticker) => {
        this.ticker = ticker;
      }),
      this.#whole(`auction:${this.code}`, (auction: AuctionData) => {
        this.auction = auction;
      }),
      this.#whole(`rules:${this.code}`, (rules: MarketRules) => {
        this.rules = rules;
      }),
    ];
    return () => {
      for (const end of ends) end();
      shown.stop();
    };
  }

  /** A channel that tells the whole again with every change. */
  #whole<Data>(channel: `ticker:${string}` | `auction:${string}` | `rules:${string}`, take: (data: Data) => void) {
    const taken = (data: unknown): true => {
      take(data as Data);
      return true;
    };
    return stream.subscribe(channel, { snapshot: taken, delta: taken });
  }
}

/** The candles of one interval of a class, newest first, gaps included. */
export class Candles {
  all = $state.raw<readonly Candle[]>();

  constructor(
    readonly code: string,
    readonly interval: Interval,
  ) {}

  /** Follows them until the function that it gives back is called. */
  follow(): () => void {
    return stream.subscribe(`candles:${this.code}:${this.interval}`, {
      snapshot: ({ candles }) => {
        this.all = candles;
      },
      delta: ({ candles }) => {
        this.all = latestFirst(this.all ?? [], candles, ({ start }) => Date.parse(start), CANDLES_SHOWN);
        return true;
      },
    });
  }
}
