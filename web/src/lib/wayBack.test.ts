import { expect, test } from "vitest";
import { routeOf } from "../routes";
import { signInFrom, wayBack } from "./wayBack";

const isOurs = (path: string): boolean => routeOf(path) !== undefined;
const back = (address: string): string | undefined => wayBack(new URL(address, "http://here").search, isOurs);

test.each(["/trade/CN-SC/2025/SIM", "/give/campaign/2?from=mail", "/my"])("who signs in from %s comes back", (page) => {
  expect(back(signInFrom(page))).toBe(page);
});

test("who signs in from the first page goes on as ever", () => {
  expect(signInFrom("/")).toBe("/?sign-in");
  expect(back("/?sign-in")).toBeUndefined();
});

test.each(["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", "/none"])(
  "nobody is led to %s",
  (page) => {
    expect(back(signInFrom(page))).toBeUndefined();
  },
);
