import { expect, test } from "vitest";
import { classOf } from "./creditClass";

test("a class of replayed data is told by its methodology", () => {
  expect(classOf("CN-SC/2025/SIM")).toEqual({
    region: "CN-SC",
    vintage: "2025",
    methodology: "SIM",
    isSimulated: true,
  });
  expect(classOf("CN/2026/HOME-1").isSimulated).toBe(false);
});
