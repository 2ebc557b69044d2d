import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { IDLE_MS, watchIdle } from "./idle";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a key is locked after a quarter of an hour without a key or a press, not before", () => {
  const page = new EventTarget();
  const left = vi.fn();
  watchIdle(left, IDLE_MS, page);
  vi.advanceTimersByTime(IDLE_MS - 1);
  page.dispatchEvent(new Event("keydown"));
  vi.advanceTimersByTime(IDLE_MS - 1);
  expect(left).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(left).toHaveBeenCalledOnce();
});

test("who stops watching is not called any more", () => {
  const page = new EventTarget();
  const left = vi.fn();
  watchIdle(left, 1000, page)();
  page.dispatchEvent(new Event("pointerdown"));
  vi.advanceTimersByTime(5000);
  expect(left).not.toHaveBeenCalled();
});
