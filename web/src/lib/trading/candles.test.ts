import { expect, test } from "vitest";
import type { SchemaCandleOut as Candle } from "../api/schema";
import { drawnCandles, drawnVolumes } from "./candles";

const none = { openPerKg: null, highPerKg: null, lowPerKg: null, closePerKg: null };
const candle = (minute: number, change: Partial<Candle> = {}): Candle => ({
  start: new Date(Date.UTC(2026, 0, 15, 12, minute)).toISOString(),
  ...none,
  volumeLots: "0",
  trades: 0,
  busted: 0,
  ...change,
});
const traded = {
  openPerKg: "80000",
  highPerKg: "90000",
  lowPerKg: "70000",
  closePerKg: "85000",
  volumeLots: "7",
  trades: 2,
};

test("candles are drawn oldest first from the first trade on, and a time without trades is a gap", () => {
  const found = drawnCandles([candle(3), candle(2, traded), candle(1), candle(0, traded), candle(-1)]);
  const first = Date.UTC(2026, 0, 15, 12) / 1000;
  expect(found.map(({ time }) => time - first)).toEqual([0, 60, 120, 180]);
  expect(found[0]).toMatchObject({ open: 0.08, high: 0.09, low: 0.07, close: 0.085 });
  expect("open" in (found[1] ?? {})).toBe(false);
  expect(drawnVolumes([candle(0, traded)])).toEqual([{ time: first, value: 7 }]);
  expect(drawnCandles([candle(0)])).toEqual([]);
});
