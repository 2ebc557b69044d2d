import { expect, test } from "vitest";
import { ANN, BO, chainOf, DEPLOYMENT, HONEST, hash } from "./acts.fixture";
import { type Life, livesOf } from "./trace";

const ENDS = new Set(["retirement", "grant", "refill"]);
const { Charity } = DEPLOYMENT.addresses;
const lives = livesOf(DEPLOYMENT, chainOf(HONEST));

const lifeOf = (last: number): Life => {
  const life = lives.get(hash(last));
  if (life === undefined) throw new Error("no such mint");
  return life;
};

test("a mint's grams are followed through sale and gift to their ends, first in, first out", () => {
  const { steps, held } = lifeOf(0xa);
  expect(steps.map(({ cause, amount, to }) => [cause, amount, to])).toEqual([
    ["mint", 100_000n, ANN],
    ["fill", 30_000n, BO],
    ["gift", 20_000n, Charity],
    ["grant", 5_000n, "0x0000000000000000000000000000000000000000"],
    ["retirement", 10_000n, "0x0000000000000000000000000000000000000000"], // after Bo's own 100 kg, which came first
  ]);
  expect(held).toEqual([
    { account: ANN, amount: 50_000n },
    { account: BO, amount: 20_000n },
    { account: Charity, amount: 15_000n },
  ]);
});

test("every gram minted is held or has one end", () => {
  for (const { amount, steps, held } of lives.values()) {
    const ended = steps.filter(({ cause }) => ENDS.has(cause)).reduce((sum, step) => sum + step.amount, 0n);
    expect(ended + held.reduce((sum, part) => sum + part.amount, 0n)).toBe(amount);
  }
});
