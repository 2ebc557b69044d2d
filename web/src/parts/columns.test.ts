import { expect, test } from "vitest";
import { csvOf } from "./columns";

test("a file of rows is quoted, exact, and runs no formula", () => {
  const columns = [
    { head: "who", text: (row: [string, bigint]) => row[0] },
    { head: "kg", text: () => "shown", exact: (row: [string, bigint]) => row[1].toString() },
  ];
  const rows: [string, bigint][] = [
    ['=HYPERLINK("x")', -5n],
    ["@a", 2n ** 70n],
  ];
  expect(csvOf(columns, rows)).toBe(`"who","kg"\r\n"'=HYPERLINK(""x"")","-5"\r\n"'@a","${(2n ** 70n).toString()}"\r\n`);
});
