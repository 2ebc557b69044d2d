import { expect, test } from "vitest";
import { formOf } from "./handIn";

test.each([
  ["usage.xml", "", "green_button"],
  ["USAGE.XML", "", "green_button"],
  ["usage.txt", '\n<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">', "green_button"],
  ["way.gpx", "", "gpx"],
  ["way.xml", '<?xml version="1.0"?>\n<gpx version="1.1">', "gpx"],
  ["year.csv", "category,kind", "csv"],
  ["year.txt", "category,kind", "csv"],
])("%s that begins with %j is %s", (name, start, form) => {
  expect(formOf(name, start)).toBe(form);
});
