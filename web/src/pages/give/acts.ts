/** A person's signed acts of giving: told in words, signed, posted. Each throws Declined, Problem, Offline. */

import type { Address } from "viem";
import { kgText } from "../../lib/amounts";
import { api, asked } from "../../lib/api/client";
import type { SchemaPledgeOut, SchemaRelayOut, SchemaRetirementPurpose } from "../../lib/api/schema";
import { SIMULATED, unpack } from "../../lib/chain/classId";
import { deadlineAfter, freshNumber, NO_REF } from "../../lib/giving/act";
import { type Dedication, digestOf } from "../../lib/giving/dedication";
import type { Part } from "../../lib/giving/settle";
import { deploymentHere } from "../../state/session.svelte";
import { sign } from "../../state/signing.svelte";
import { spoken, t } from "../../words/words.svelte";

export type Relay = SchemaRelayOut;

const until = () => ({ number: freshNumber(), deadline: deadlineAfter(new Date()) });
const kg = (amountGco2e: bigint): string => kgText(amountGco2e, spoken.language, 3);
const simulated = (classId: bigint): readonly string[] =>
  unpack(classId).methodology === SIMULATED ? [t("shell.sim")] : [];

/** The address of one of our contracts. */
export const contractHere = async (name: "Charity" | "Exchange"): Promise<Address> =>
  (await deploymentHere()).contracts[name] as Address;

/** A message's whole numbers as the API takes them. */
function wire<T extends Record<string, string | bigint | boolean>>(
  message: T,
): { [Name in keyof T]: T[Name] extends bigint ? string : T[Name] } {
  const texts = Object.entries(message).map(([name, value]) => [name, typeof value === "bigint" ? `${value}` : value]);
  return Object.fromEntries(texts) as ReturnType<typeof wire<T>>;
}

/** Lets the Charity contract take what its donor signs for, once for all gifts. */
export async function allowCharity(account: Address): Promise<Relay> {
  const message = { account, operator: await contractHere("Charity"), approved: true, ...until() };
  const words = [t("give.sign_allow"), t("give.sign_allow_why")];
  const signature = await sign({ contract: "CarbonCredit", type: "Approve", message, words });
  return asked(api.POST("/approvals", { body: { ...wire(message), signature } }));
}

export interface Gift extends Part {
  readonly campaignId: string;
  readonly title: string;
  /** Whether a token that cannot be moved tells of it. */
  readonly receipt: boolean;
}

/** Signs a gift and sends it in. The Charity contract must have been allowed before. */
export async function give(donor: Address, gift: Gift): Promise<Relay> {
  const { campaignId, classId, amountGco2e, receipt } = gift;
  const message = { donor, campaignId: BigInt(campaignId), classId, amountGco2e, receipt, ...until() };
  const words = [
    t("give.sign_gift", { kg: kg(amountGco2e), code: gift.classCode, title: gift.title }),
    t("give.sign_gift_public"),
    t("give.honest_gift"),
    ...simulated(classId),
  ];
  const signature = await sign({ contract: "Charity", type: "Donate", message, words });
  return asked(api.POST("/donations", { body: { ...wire(message), signature } }));
}

/** Whether the Charity contract may move the donor's credits, as far as the chain has confirmed it. */
export async function isCharityAllowed(account: Address): Promise<boolean> {
  return (await asked(api.GET("/approvals", { params: { query: { account } } }))).charity;
}

export interface Terms {
  readonly campaignId: string;
  readonly title: string;
  readonly classId: bigint;
  readonly classCode: string;
  readonly shareBps: bigint;
  readonly maxAmountGco2e: bigint;
  readonly start: bigint;
  readonly expiry: bigint;
}

/** Promises a campaign a share of what is sold, or all that is left. `words` say it as the form did. */
export async function pledge(donor: Address, promise: Terms, words: readonly string[]): Promise<SchemaPledgeOut> {
  const { campaignId, classId, shareBps, maxAmountGco2e, start, expiry } = promise;
  const terms = { classId, shareBps, maxAmountGco2e, start, expiry, number: freshNumber() };
  const message = { donor, campaignId: BigInt(campaignId), ...terms };
  const said = [...words, t("give.sign_pledge_ends"), ...simulated(classId)];
  const signature = await sign({ contract: "Charity", type: "Pledge", message, words: said });
  return asked(api.POST("/pledges", { body: { ...wire(message), signature } }));
}

/** Ends the pledge under a number for ever; what was drawn before stays given. */
export async function withdrawPledge(account: Address, number: string): Promise<Relay> {
  const message = { account, number: BigInt(number), deadline: deadlineAfter(new Date()) };
  const signature = await sign({ contract: "Charity", type: "UseNumber", message, words: [t("give.sign_withdraw")] });
  return asked(api.POST("/pledges/withdrawals", { body: { ...wire(message), signature } }));
}

/** Has every refund of the donor's gifts paid to a wallet of its; its own address takes that back. */
export async function refundTo(donor: Address, wallet: Address): Promise<Relay> {
  const isOwn = wallet.toLowerCase() === donor.toLowerCase();
  const to: Address = isOwn ? "0x0000000000000000000000000000000000000000" : wallet;
  const message = { donor, to, ...until() };
  const words = [isOwn ? t("give.sign_refund_own") : t("give.sign_refund_to", { wallet })];
  const signature = await sign({ contract: "Charity", type: "RefundTo", message, words });
  return asked(api.POST("/refund-wallets", { body: { ...wire(message), signature } }));
}

/** Which words say what a retirement serves; a deficit may be that of a child in one's care. */
const servedBy = (purpose: SchemaRetirementPurpose, isOwn: boolean) =>
  purpose === "deficit" && !isOwn ? ("give.sign_retire_child" as const) : (`give.sign_retire_${purpose}` as const);

export interface Retirement extends Part {
  readonly purpose: SchemaRetirementPurpose;
  readonly beneficiary: Address;
  /** Of an occasion or a name; the chain gets its digest only. */
  readonly dedication?: Dedication | undefined;
  /** Names a deficit. */
  readonly reference?: string | undefined;
  /** Whether a token that cannot be moved tells of it. */
  readonly receipt?: boolean;
}

/** Retires credits for ever, for exactly one thing; a receipt of it is asked for by a second signature. */
export async function retire(account: Address, act: Retirement): Promise<Relay> {
  const { beneficiary, classId, amountGco2e, purpose, dedication, receipt = false } = act;
  const ref = dedication === undefined ? (act.reference ?? NO_REF) : digestOf(dedication);
  const message = { account, beneficiary, classId, amountGco2e, purpose, ref, ...until() };
  const what = { kg: kg(amountGco2e), code: act.classCode };
  const words = [
    t("give.sign_retire", what),
    t(servedBy(purpose, beneficiary === account), { beneficiary }),
    ...(dedication === undefined ? [] : [t("give.sign_retire_words", { words: dedication.words })]),
    ...(receipt ? [t("give.sign_receipt_next")] : []),
    t("give.honest_retirement"),
    ...simulated(classId),
  ];
  const signature = await sign({ contract: "CarbonCredit", type: "Retire", message, words });
  const body = { ...wire(message), signature };
  if (!receipt) return asked(api.POST("/retirements", { body }));
  const receiptSignature = await sign({
    contract: "RetirementReceipts",
    type: "RetirementReceipt",
    message,
    words: [t("give.sign_receipt", what), t("give.sign_receipt_stays"), t("give.honest_retirement")],
  });
  return asked(api.POST("/retirements", { body: { ...body, receiptSignature } }));
}
