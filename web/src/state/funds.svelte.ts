/** What an account does once before it trades: test money, and letting the Exchange take what it sells or pays. */

import { api, asked } from "../lib/api/client";
import { deploymentHere, session } from "./session.svelte";
import { NobodySignedIn, sign } from "./signing.svelte";

/** An act on its way to the chain. `state`: new, signed (sent), mined, confirmed, or reverted. */
export interface ChainAct {
  readonly state: string;
  readonly txHash: string | null;
  readonly reason?: string | null;
}

/** Any amount of money, for ever. */
export const ALL = (1n << 256n) - 1n;
const DAY_S = 86_400;
const ASK_AGAIN_MS = 1_000;
const TIMES_MAX = 90;

export const isOver = ({ state }: ChainAct): boolean => state === "confirmed" || state === "reverted";

/** Asks where an act is until the chain has decided; `tell` hears every answer. */
export async function untilOver<Act extends ChainAct>(ask: () => Promise<Act>, tell: (act: Act) => void): Promise<Act> {
  let found = await ask();
  for (let times = 1; times < TIMES_MAX && !isOver(found); times += 1) {
    tell(found);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    found = await ask();
  }
  tell(found);
  return found;
}

function accountHere() {
  if (session.account === undefined) throw new NobodySignedIn();
  return session.account;
}

const exchange = async (): Promise<string> => (await deploymentHere()).contracts.Exchange ?? "";
const inADay = (): string => String(Math.floor(Date.now() / 1000) + DAY_S);

/** Today's test money, on the local chain. */
export const testMoney = (): Promise<ChainAct> => asked(api.POST("/faucet", { body: { account: accountHere() } }));

/** Signs that the Exchange may take so many base units of money within signed orders, or no more if 0; then asks where that is. */
export async function allowingMoney(most: bigint, words: readonly string[]): Promise<() => Promise<ChainAct>> {
  const owner = accountHere();
  const { nonce } = await asked(api.GET("/approvals/payment", { params: { query: { account: owner } } }));
  const message = { owner, spender: await exchange(), value: String(most), nonce, deadline: inADay() };
  const signature = await sign({ contract: "PaymentToken", type: "Permit", message, words });
  return () => asked(api.POST("/approvals/payment", { body: { ...message, signature } }));
}

/** The same of credits: all of them, or none. */
export async function allowingCredits(approved: boolean, words: readonly string[]): Promise<() => Promise<ChainAct>> {
  const number = crypto.getRandomValues(new Uint32Array(4)).reduce((sum, part) => (sum << 32n) | BigInt(part), 0n);
  const message = {
    account: accountHere(),
    operator: await exchange(),
    approved,
    number: String(number),
    deadline: inADay(),
  };
  const signature = await sign({ contract: "CarbonCredit", type: "Approve", message, words });
  return () => asked(api.POST("/approvals", { body: { ...message, signature } }));
}
