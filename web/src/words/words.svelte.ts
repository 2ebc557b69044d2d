/**
 * Every sentence a person reads, from catalogues: one JSON a room and language, loaded with the room's pages.
 *
 * `t("market.spread", { price })`. A key with `.one` beside it is chosen by `count` (Intl.PluralRules). A test holds both
 * languages to the same keys and the same values in braces.
 */

import { type Language, localeOf } from "../lib/amounts";
import { figureFormat } from "../lib/figureFormat";
import type audit from "../pages/audit/words.en.json";
import type give from "../pages/give/words.en.json";
import type my from "../pages/my/words.en.json";
import type operator from "../pages/operator/words.en.json";
import type trade from "../pages/trade/words.en.json";
import type verifier from "../pages/verifier/words.en.json";
import type welcome from "../pages/welcome/words.en.json";
import type key from "../parts/key/words.en.json";
import type shell from "./words.en.json";

interface Rooms {
  shell: typeof shell;
  key: typeof key;
  audit: typeof audit;
  give: typeof give;
  my: typeof my;
  operator: typeof operator;
  trade: typeof trade;
  verifier: typeof verifier;
  welcome: typeof welcome;
}

export type Room = keyof Rooms;
/** `room.key` of every sentence there is. */
export type Key = { [R in Room]: `${R}.${keyof Rooms[R] & string}` }[Room];
export type Values = Readonly<Record<string, string | number | bigint>>;

type Catalogue = Readonly<Record<string, string>>;

const files = import.meta.glob<Catalogue>(["./words.*.json", "../{pages,parts}/*/words.*.json"], { import: "default" });
const loaded = $state<Record<string, Catalogue>>({});
/** Rooms that somebody has come to: a change of language brings their sentences too. */
const visited = new Set<Room>();

/** Rooms that are no pages of their own. */
const FOLDERS: Partial<Record<Room, string>> = { shell: ".", key: "../parts/key" };
const nameOf = (room: Room, language: Language): string =>
  `${FOLDERS[room] ?? `../pages/${room}`}/words.${language}.json`;

/** The language that is being spoken: the person's, once its sentences are here. */
export const spoken = $state<{ language: Language }>({ language: "en" });

/** Loads the rooms' sentences in a language and speaks it from then on. */
export async function speak(rooms: readonly Room[], language: Language): Promise<void> {
  for (const room of rooms) visited.add(room);
  await Promise.all(
    [...visited].map(async (room) => {
      const name = nameOf(room, language);
      const load = files[name];
      if (load === undefined) throw new Error(`no catalogue ${name}`);
      loaded[name] ??= await load();
    }),
  );
  spoken.language = language;
}

/** Of a number in a sentence: what Intl itself would give it. */
const DECIMALS_MOST = 3;

const written = (value: string | number | bigint, language: Language): string =>
  typeof value === "string" ? value : figureFormat(localeOf(language), 0, DECIMALS_MOST).format(value);

/** The sentence of a key in the language the person reads, its `{values}` filled in. */
export function t(key: Key, values: Values = {}): string {
  const { language } = spoken;
  const at = key.indexOf(".");
  const catalogue = loaded[nameOf(key.slice(0, at) as Room, language)];
  const name = key.slice(at + 1);
  const count = values.count;
  const isOne =
    typeof count === "number" && new Intl.PluralRules(localeOf(language)).select(count) === "one" && catalogue;
  const sentence = (isOne && catalogue[`${name}.one`]) || catalogue?.[name];
  if (sentence === undefined) throw new Error(`no words for ${key} in ${language}`);
  return sentence.replace(/\{(\w+)\}/g, (whole, slot: string) => {
    const value = values[slot];
    return value === undefined ? whole : written(value, language);
  });
}
