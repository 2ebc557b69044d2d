/**
 * Failures as sentences, by their code, in the person's language. English is the server's own `detail`; for Chinese there is a
 * sentence for every code (problems.zh.json), loaded when the first failure is told. Tests hold it to the codes there are.
 */

import { moneyText } from "../lib/amounts";
import { Offline, PageUnloaded, Problem } from "../lib/problem";
import { spoken, t } from "./words.svelte";

/** What to tell the person, and the code that programs and support go by. */
export interface Told {
  readonly words: string;
  readonly code?: string;
}

type Sentences = Readonly<Record<string, string>>;

let sentences = $state.raw<Sentences>();
let isAsked = false;

function chinese(): Sentences | undefined {
  if (!isAsked) {
    isAsked = true;
    void import("./problems.zh.json").then(
      (module) => {
        sentences = module.default;
      },
      () => {
        isAsked = false; // it did not come; the next failure asks for it again
      },
    );
  }
  return sentences;
}

/** Fields that are base units of the payment token per kg: told as money, as the server's own words do. */
const PRICES: ReadonlySet<string> = new Set(["bestPerKg", "boundPerKg", "priceMax", "pricePerKg", "tick"]);

function slotText(slot: string, value: unknown): string {
  if (Array.isArray(value)) return value.join("、");
  const text = String(value);
  return PRICES.has(slot) && /^\d+$/.test(text) ? moneyText(BigInt(text), "zh") : text;
}

/** A sentence with its slots filled; undefined if a field that it names is not there. */
export function filled(sentence: string, fields: Readonly<Record<string, unknown>>): string | undefined {
  const missing = [...sentence.matchAll(/\{(\w+)\}/g)].some(([, slot = ""]) => fields[slot] === undefined);
  if (missing) return undefined;
  return sentence.replace(/\{(\w+)\}/g, (_, slot: string) => slotText(slot, fields[slot]));
}

/** A code's sentence in the person's language; the plain one if there is none, or a field that it names is not known. */
export function said(code: string, plain: string, fields: object = {}): string {
  const sentence = spoken.language === "zh" ? chinese()?.[code] : undefined;
  return (sentence && filled(sentence, { ...fields })) ?? plain;
}

/** A failure in words. What nobody foresaw is told as it is. */
export function wordsOf(failure: unknown): Told {
  if (failure instanceof Problem) {
    const later = failure.retryAfterS;
    const again = later === undefined ? "" : ` ${t("shell.retry_after", { count: later })}`;
    const { code, document } = failure;
    return { words: said(code, document.detail, document) + again, code };
  }
  if (failure instanceof Offline) return { words: t("shell.offline"), code: failure.code };
  if (failure instanceof PageUnloaded) return { words: t("shell.page_unloaded"), code: failure.code };
  if (!(failure instanceof Error)) return { words: String(failure) };
  if (!("code" in failure) || typeof failure.code !== "string") return { words: failure.message };
  return { words: said(failure.code, failure.message, failure), code: failure.code };
}
