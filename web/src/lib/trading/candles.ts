/** Candles as lightweight-charts draws them, oldest first: an interval without trades is a gap. Numbers for pixels only. */

import type { CandlestickData, HistogramData, UTCTimestamp, WhitespaceData } from "lightweight-charts";
import type { SchemaCandleOut as Candle } from "../api/schema";

/** Base units of money in what the chart calls 1. */
export const PRICE_SCALE = 1_000_000;
/** The least difference of two prices that the chart's axis tells. */
export const PRICE_STEP = 0.0001;

const timeOf = ({ start }: Candle): UTCTimestamp => Math.floor(Date.parse(start) / 1000) as UTCTimestamp;
const drawn = (price: string): number => Number(price) / PRICE_SCALE;

/** From the first interval in which something was traded on. */
function sinceFirstTrade(candles: readonly Candle[]): Candle[] {
  const rising = [...candles].sort((one, other) => Date.parse(one.start) - Date.parse(other.start));
  const first = rising.findIndex(({ trades }) => trades > 0);
  return first < 0 ? [] : rising.slice(first);
}

export const drawnCandles = (
  candles: readonly Candle[],
): (CandlestickData<UTCTimestamp> | WhitespaceData<UTCTimestamp>)[] =>
  sinceFirstTrade(candles).map((candle) => {
    const { openPerKg, highPerKg, lowPerKg, closePerKg } = candle;
    const time = timeOf(candle);
    if (openPerKg === null || highPerKg === null || lowPerKg === null || closePerKg === null) return { time };
    return { time, open: drawn(openPerKg), high: drawn(highPerKg), low: drawn(lowPerKg), close: drawn(closePerKg) };
  });

export const drawnVolumes = (candles: readonly Candle[]): HistogramData<UTCTimestamp>[] =>
  sinceFirstTrade(candles).map((candle) => ({ time: timeOf(candle), value: Number(candle.volumeLots) }));
