/** A small chain for tests: one class, one batch, two people, one campaign; every act as the contracts tell it. */

import { type Address, type Hex, numberToHex, padHex } from "viem";
import { NOBODY } from "./books";
import { parseCode } from "./classId";
import type { ChainEvent, ContractName, Deployment } from "./history";

const address = (last: number): Address => padHex(numberToHex(last), { size: 20 });
export const hash = (last: number): Hex => padHex(numberToHex(last), { size: 32 });

export const CLASS = parseCode("CN-SC/2025/SIM");
export const [ANN, BO, VERIFIER] = [address(0xa), address(0xb), address(0xf)] as const;
export const DEPLOYMENT: Deployment = {
  chainId: 31337,
  blockNumber: 1n,
  addresses: { CarbonCredit: address(1), Issuance: address(2), Exchange: address(3), Charity: address(4) },
};
const { Charity } = DEPLOYMENT.addresses;

export type Said = [contract: ContractName, eventName: ChainEvent["eventName"], args: Record<string, unknown>];

/** Transactions, each a list of what the contracts said in it, as decoded logs. */
export function chainOf(transactions: readonly (readonly Said[])[]): ChainEvent[] {
  return transactions.flatMap((said, at) =>
    said.map(([contract, eventName, args], logIndex) => {
      const place = { transactionHash: hash(at + 1), blockNumber: BigInt(at + 1), logIndex };
      return { address: DEPLOYMENT.addresses[contract], eventName, args, ...place } as unknown as ChainEvent;
    }),
  );
}

export const moved = (from: Address, to: Address, value: bigint): Said => [
  "CarbonCredit",
  "TransferSingle",
  { operator: from, from, to, id: CLASS, value },
];
const said = (eventName: ChainEvent["eventName"], args: Record<string, unknown>): Said => [
  "CarbonCredit",
  eventName,
  { classId: CLASS, ...args },
];
const given = (eventName: ChainEvent["eventName"], args: Record<string, unknown>): Said => [
  "Charity",
  eventName,
  { campaignId: 1n, classId: CLASS, ...args },
];

export const opened = said("ClassCreated", {
  region: "0x434e2d534300",
  vintage: 2025,
  methodology: "0x53494d0000000000",
  cap: 1_000_000n,
  bufferRateBps: 500,
});
export const anchored = said("SurplusAnchored", { root: hash(0x70), budgets: 500_000n, surplus: 210_000n });

export function minted(account: Address, amount: bigint, nullifier: Hex): Said[] {
  const bufferAmount = amount / 20n;
  const args = { account, nullifier, amount, bufferAmount, statementDigest: hash(0), root: hash(0x70) };
  return [moved(NOBODY, account, amount), said("Issued", args)];
}

export function retired(account: Address, amount: bigint): Said[] {
  return [moved(account, NOBODY, amount), said("Retired", { account, beneficiary: account, amount, purpose: "self" })];
}

/** Ann and Bo mint 100 kg each; Ann sells Bo 30 kg and gives 20 kg, of which 5 are granted; Bo retires 110 kg. */
export const HONEST: readonly (readonly Said[])[] = [
  [opened],
  [anchored],
  minted(ANN, 100_000n, hash(0xa)),
  minted(BO, 100_000n, hash(0xb)),
  [moved(ANN, BO, 30_000n), ["Exchange", "Filled", { classId: CLASS, buyer: BO, seller: ANN }]],
  [moved(ANN, Charity, 20_000n), given("Donated", { donor: ANN, amount: 20_000n })],
  [...retired(Charity, 5_000n), given("Granted", { amount: 5_000n, ref: hash(0) })],
  retired(BO, 110_000n),
];
