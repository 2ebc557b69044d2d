import { expect, test } from "vitest";
import { latestFirst } from "./tape";

test("the latest is first, a thing told again is replaced, and the oldest are dropped", () => {
  const known = [3, 2, 1].map((id) => ({ id, state: "matched" }));
  const told = [
    { id: 2, state: "final" },
    { id: 4, state: "matched" },
  ];
  const found = latestFirst(known, told, ({ id }) => id, 3);
  expect(found.map(({ id, state }) => `${id} ${state}`)).toEqual(["4 matched", "3 matched", "2 final"]);
});
