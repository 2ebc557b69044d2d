/** A charity's own acts as calls of the Charity contract, and the words of its second signer that they need. */

import { encodeAbiParameters, encodeFunctionData, type Hex, keccak256, parseAbi } from "viem";

const ABI = parseAbi([
  "struct SecondSignature { uint256 number; uint256 deadline; bytes signature; }",
  "function openCampaign(uint8 kind, uint8 funding, uint64 opens, uint64 closes, uint64 target, bytes32 storyDigest, SecondSignature second)",
  "function closeEarly(uint256 campaignId, SecondSignature second)",
  "function retireHeld(uint256 campaignId, uint256 classId, uint256 amount)",
  "function retireEarly(uint256 campaignId, uint256 classId, uint256 amount, SecondSignature second)",
  "function grant(uint256 campaignId, uint256 classId, uint256[] amounts, bytes32[] refs, SecondSignature second)",
]);

export type Kind = "retire-pool" | "aid";
export type Funding = "keep-what-you-raise" | "all-or-nothing";
export const KINDS: readonly Kind[] = ["retire-pool", "aid"];
export const FUNDINGS: readonly Funding[] = ["keep-what-you-raise", "all-or-nothing"];

/** What never changes once a campaign is open. Times in Unix seconds. */
export interface CampaignTerms {
  readonly kind: Kind;
  readonly funding: Funding;
  readonly opens: bigint;
  readonly closes: bigint;
  readonly targetGco2e: bigint;
  readonly storyDigest: Hex;
}

/** The second signer's word for one act. */
export interface Word {
  readonly number: bigint;
  readonly deadline: bigint;
  readonly signature: Hex;
}

/** Some grams of a class that leave a campaign. */
export interface Spending {
  readonly campaignId: bigint;
  readonly classId: bigint;
  readonly amountGco2e: bigint;
}

/** Grants of one transaction, by the references of the deficits they settle. */
export interface Grants {
  readonly campaignId: bigint;
  readonly classId: bigint;
  readonly amounts: readonly bigint[];
  readonly references: readonly Hex[];
}

export function openCampaignData(terms: CampaignTerms, word: Word): Hex {
  const { opens, closes, targetGco2e, storyDigest } = terms;
  const words = [KINDS.indexOf(terms.kind), FUNDINGS.indexOf(terms.funding)] as const;
  const args = [...words, opens, closes, targetGco2e, storyDigest, word] as const;
  return encodeFunctionData({ abi: ABI, functionName: "openCampaign", args });
}

export const closeEarlyData = (campaignId: bigint, word: Word): Hex =>
  encodeFunctionData({ abi: ABI, functionName: "closeEarly", args: [campaignId, word] });

/** Retires what a pool holds: after its decision by the charity's word alone, before it with its second signer's. */
export function retireData({ campaignId, classId, amountGco2e }: Spending, word?: Word): Hex {
  const terms = [campaignId, classId, amountGco2e] as const;
  return word === undefined
    ? encodeFunctionData({ abi: ABI, functionName: "retireHeld", args: terms })
    : encodeFunctionData({ abi: ABI, functionName: "retireEarly", args: [...terms, word] });
}

export function grantData({ campaignId, classId, amounts, references }: Grants, word: Word): Hex {
  const args = [campaignId, classId, amounts, references, word] as const;
  return encodeFunctionData({ abi: ABI, functionName: "grant", args });
}

/** The sum of some grants, and the digest of their lists that the second signer signs. */
export function grantsSigned({ amounts, references }: Grants): { totalGco2e: bigint; grantsDigest: Hex } {
  const totalGco2e = amounts.reduce((sum, amount) => sum + amount, 0n);
  const lists = encodeAbiParameters([{ type: "uint256[]" }, { type: "bytes32[]" }], [amounts, references]);
  return { totalGco2e, grantsDigest: keccak256(lists) };
}

const GRANTS_AT_ONCE = 50;

/** Some grants in as few transactions as it takes, each of about as many people: none is of one alone. */
export function batchesOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const parts = Math.ceil(items.length / GRANTS_AT_ONCE);
  const start = (part: number): number => Math.floor((part * items.length) / parts);
  return Array.from({ length: parts }, (_, part) => items.slice(start(part), start(part + 1)));
}
