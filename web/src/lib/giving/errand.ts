/**
 * What a charity asks its second signer for, as a file that goes there and comes back signed: an early retirement, or
 * grants. Neither server nor chain knows of it before both have said yes.
 */

import { type Hex, isHex } from "viem";
import { parseCode } from "../chain/classId";
import { type Grants, grantData, grantsSigned, retireData, type Word } from "./desk";

export interface Errand {
  readonly act: "retire" | "grant";
  readonly campaignId: string;
  readonly classCode: string;
  /** One part for a retirement, without a reference; one a person for grants. */
  readonly parts: readonly { readonly amountGco2e: string; readonly reference?: Hex }[];
  readonly number: string;
  readonly deadline: string;
  /** The second signer's, once it signed. */
  readonly signature?: Hex;
}

/** A file that is no errand. */
export class ErrandMalformed extends Error {}

const AMOUNT = /^(0|[1-9]\d{0,77})$/;
const isAmount = (value: unknown): value is string => typeof value === "string" && AMOUNT.test(value);

function isPart(part: unknown, act: unknown): boolean {
  if (typeof part !== "object" || part === null || !("amountGco2e" in part) || !isAmount(part.amountGco2e))
    return false;
  return act === "retire" ? !("reference" in part) : "reference" in part && isHex(part.reference);
}

function isErrand(found: unknown): found is Errand {
  if (typeof found !== "object" || found === null) return false;
  const { act, campaignId, classCode, parts, number, deadline, signature } = found as Partial<Errand>;
  return (
    (act === "retire" || act === "grant") &&
    [campaignId, number, deadline].every(isAmount) &&
    typeof classCode === "string" &&
    Array.isArray(parts) &&
    parts.length >= 1 &&
    (act === "grant" || parts.length === 1) &&
    parts.every((part) => isPart(part, act)) &&
    (signature === undefined || isHex(signature))
  );
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

const grantsOf = ({ campaignId, classCode, parts }: Errand): Grants => ({
  campaignId: BigInt(campaignId),
  classId: parseCode(classCode),
  amounts: parts.map(({ amountGco2e }) => BigInt(amountGco2e)),
  references: parts.map(({ reference = "0x" }) => reference),
});

/** Grams that leave the campaign. */
export const sumOf = ({ parts }: Errand): bigint =>
  parts.reduce((sum, { amountGco2e }) => sum + BigInt(amountGco2e), 0n);

/** The message that the second signer signs. */
export function messageOf(errand: Errand): { type: "RetireEarly" | "Grant"; message: Record<string, bigint | string> } {
  const { campaignId, classId } = grantsOf(errand);
  const ends = { number: BigInt(errand.number), deadline: BigInt(errand.deadline) };
  if (errand.act === "retire")
    return { type: "RetireEarly", message: { campaignId, classId, amountGco2e: sumOf(errand), ...ends } };
  return { type: "Grant", message: { campaignId, classId, ...grantsSigned(grantsOf(errand)), ...ends } };
}

/** The call that carries out a signed errand; undefined while it is not signed. */
export function callOf(errand: Errand): Hex | undefined {
  const { signature } = errand;
  if (signature === undefined) return undefined;
  const word: Word = { number: BigInt(errand.number), deadline: BigInt(errand.deadline), signature };
  const grants = grantsOf(errand);
  if (errand.act === "grant") return grantData(grants, word);
  return retireData({ ...grants, amountGco2e: sumOf(errand) }, word);
}
