/**
 * What a charity asks its second signer for, as a file that goes there and comes back signed: an opening, an early close,
 * an early retirement, or grants. The chain knows nothing of it before both have said yes.
 */

import { type Address, type Hex, isAddress, isHex, sha256, stringToBytes } from "viem";
import { parseCode } from "../chain/classId";
import {
  type CampaignTerms,
  closeEarlyData,
  FUNDINGS,
  type Funding,
  type Grants,
  grantData,
  grantsSigned,
  KINDS,
  type Kind,
  openCampaignData,
  retireData,
  type Word,
} from "./desk";

/** Under which number, until when, and the second signer's signature once there is one. */
interface Asked {
  readonly number: string;
  readonly deadline: string;
  readonly signature?: Hex;
}

/** The opening of a campaign. `story`: the document whose SHA-256 the chain will hold. */
export interface Opening extends Asked {
  readonly act: "open";
  readonly charity: Address;
  readonly kind: Kind;
  readonly funding: Funding;
  readonly opens: string;
  readonly closes: string;
  readonly targetGco2e: string;
  readonly story: string;
}

/** The story that an opening publishes, in both languages: a stranger's text. */
export interface StoryDocument {
  readonly title: { readonly en: string; readonly zh: string };
  readonly story: { readonly en: string; readonly zh: string };
  readonly kind: string;
  readonly targetGco2e: string;
}

export interface Closing extends Asked {
  readonly act: "close";
  readonly campaignId: string;
}

export interface Spending extends Asked {
  readonly act: "retire" | "grant";
  readonly campaignId: string;
  readonly classCode: string;
  /** One part for a retirement, without a reference; one a person for grants. */
  readonly parts: readonly { readonly amountGco2e: string; readonly reference?: Hex }[];
}

export type Errand = Opening | Closing | Spending;

/** A file that is no errand. */
export class ErrandMalformed extends Error {}

const AMOUNT = /^(0|[1-9]\d{0,77})$/;
const isAmount = (value: unknown): value is string => typeof value === "string" && AMOUNT.test(value);

function isPart(part: unknown, act: unknown): boolean {
  if (typeof part !== "object" || part === null || !("amountGco2e" in part) || !isAmount(part.amountGco2e))
    return false;
  return act === "retire" ? !("reference" in part) : "reference" in part && isHex(part.reference);
}

function isSpending({ act, campaignId, classCode, parts }: Partial<Spending>): boolean {
  return (
    isAmount(campaignId) &&
    typeof classCode === "string" &&
    Array.isArray(parts) &&
    parts.length >= 1 &&
    (act === "grant" || parts.length === 1) &&
    parts.every((part) => isPart(part, act))
  );
}

function documentOf(story: unknown): StoryDocument | undefined {
  try {
    const found: StoryDocument = JSON.parse(String(story));
    const texts = [found.title.en, found.title.zh, found.story.en, found.story.zh];
    return texts.every((text) => typeof text === "string") ? found : undefined;
  } catch {
    return undefined;
  }
}

function isOpening({ charity, kind, funding, opens, closes, targetGco2e, story }: Partial<Opening>): boolean {
  const agreed = documentOf(story);
  return (
    typeof charity === "string" &&
    isAddress(charity) &&
    KINDS.some((one) => one === kind) &&
    FUNDINGS.some((one) => one === funding) &&
    [opens, closes, targetGco2e].every(isAmount) &&
    agreed?.kind === kind &&
    agreed?.targetGco2e === targetGco2e
  );
}

function isErrand(found: unknown): found is Errand {
  if (typeof found !== "object" || found === null) return false;
  const { act, number, deadline, signature } = found as Partial<Errand>;
  if (![number, deadline].every(isAmount) || (signature !== undefined && !isHex(signature))) return false;
  if (act === "open") return isOpening(found as Partial<Opening>);
  if (act === "close") return isAmount((found as Partial<Closing>).campaignId);
  return (act === "retire" || act === "grant") && isSpending(found as Partial<Spending>);
}

/** Reads an errand's file. Throws ErrandMalformed. */
export function errandOf(text: string): Errand {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (failure) {
    throw new ErrandMalformed("no JSON", { cause: failure });
  }
  if (!isErrand(found)) throw new ErrandMalformed("no errand of a charity");
  return found;
}

/** What an opening's document says. Throws ErrandMalformed. */
export function storyIn({ story }: Opening): StoryDocument {
  const found = documentOf(story);
  if (found === undefined) throw new ErrandMalformed("no story");
  return found;
}

const termsOf = ({ kind, funding, opens, closes, targetGco2e, story }: Opening): CampaignTerms => ({
  kind,
  funding,
  opens: BigInt(opens),
  closes: BigInt(closes),
  targetGco2e: BigInt(targetGco2e),
  storyDigest: sha256(stringToBytes(story)),
});

const grantsOf = ({ campaignId, classCode, parts }: Spending): Grants => ({
  campaignId: BigInt(campaignId),
  classId: parseCode(classCode),
  amounts: parts.map(({ amountGco2e }) => BigInt(amountGco2e)),
  references: parts.map(({ reference = "0x" }) => reference),
});

/** Grams that leave the campaign. */
export const sumOf = ({ parts }: Spending): bigint =>
  parts.reduce((sum, { amountGco2e }) => sum + BigInt(amountGco2e), 0n);

export interface Signed {
  readonly type: "OpenCampaign" | "CloseEarly" | "RetireEarly" | "Grant";
  readonly message: Record<string, bigint | string>;
}

/** The message that the second signer signs. */
export function messageOf(errand: Errand): Signed {
  const ends = { number: BigInt(errand.number), deadline: BigInt(errand.deadline) };
  if (errand.act === "open")
    return { type: "OpenCampaign", message: { charity: errand.charity, ...termsOf(errand), ...ends } };
  if (errand.act === "close")
    return { type: "CloseEarly", message: { campaignId: BigInt(errand.campaignId), ...ends } };
  const { campaignId, classId } = grantsOf(errand);
  if (errand.act === "retire")
    return { type: "RetireEarly", message: { campaignId, classId, amountGco2e: sumOf(errand), ...ends } };
  return { type: "Grant", message: { campaignId, classId, ...grantsSigned(grantsOf(errand)), ...ends } };
}

/** The call that carries out a signed errand; undefined while it is not signed. */
export function callOf(errand: Errand): Hex | undefined {
  const { signature } = errand;
  if (signature === undefined) return undefined;
  const word: Word = { number: BigInt(errand.number), deadline: BigInt(errand.deadline), signature };
  if (errand.act === "open") return openCampaignData(termsOf(errand), word);
  if (errand.act === "close") return closeEarlyData(BigInt(errand.campaignId), word);
  const grants = grantsOf(errand);
  if (errand.act === "grant") return grantData(grants, word);
  return retireData({ ...grants, amountGco2e: sumOf(errand) }, word);
}
