import { expect, test } from "vitest";
import { oncePerFrame } from "./frame";

test("however often it is asked, it shows once a frame, and not after it was stopped", () => {
  const frames: (() => void)[] = [];
  let shown = 0;
  const { ask, stop } = oncePerFrame(
    () => {
      shown += 1;
    },
    (act) => frames.push(act),
    () => frames.pop(),
  );
  for (let times = 0; times < 60; times += 1) ask();
  expect([frames.length, shown]).toEqual([1, 0]);
  frames.shift()?.();
  expect(shown).toBe(1);
  ask();
  stop();
  expect([frames.length, shown]).toEqual([0, 1]);
});
