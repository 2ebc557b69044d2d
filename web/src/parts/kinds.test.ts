import { expect, test } from "vitest";
import en from "../words/kinds.en.json";
import zh from "../words/kinds.zh.json";
import { spoken } from "../words/words.svelte";
import { kindName, quantityText } from "./kinds";

test("both languages name the same kinds and units", () => {
  expect(Object.keys(zh)).toEqual(Object.keys(en));
});

test("a kind and a quantity are told in the person's language; what nobody named, as it is", () => {
  spoken.language = "zh";
  expect(kindName("high_speed_rail")).toBe("高铁");
  expect(quantityText("12.5 passenger_km")).toBe("12.5 人公里");
  expect(quantityText("none")).toBe("none");
  expect(kindName("sea_ferry")).toBe("sea ferry");
  spoken.language = "en";
  expect(quantityText("12.5 passenger_km")).toBe("12.5 passenger-km");
});
