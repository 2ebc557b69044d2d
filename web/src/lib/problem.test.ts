import { expect, test } from "vitest";
import { Problem } from "./problem";

const problem = (fields: object): Problem =>
  new Problem({ code: "activity.csv_refused", title: "", detail: "", status: 422, ...fields });

test("several things wrong are each there, with their own fields", () => {
  const row = { line: "14", column: "unit", code: "unit.unknown", message: "no unit", unit: "kWk" };
  const whole = { line: "15", column: null, code: "csv.row_too_long", message: "too long" };
  const field = { at: "body.unit", code: "input.invalid", message: "no text" };
  expect(problem({ errors: [row, whole, field] }).faults).toEqual([row, whole, field]);
});

test.each([
  [{}],
  [{ errors: "none" }],
  [{ errors: ["line 14", null, { code: "unit.unknown" }, { code: "x.y", message: "no", line: 14 }] }],
])("%j names none", (fields) => {
  expect(problem(fields).faults).toEqual([]);
});
