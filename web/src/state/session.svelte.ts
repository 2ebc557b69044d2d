/**
 * Who is signed in. The session is an HttpOnly cookie that no script can read: the server tells whose it is.
 *
 * A session reads and records; what moves credits or money is signed besides (see signing.svelte.ts), by a key of this
 * browser or a wallet.
 */

import type { Address } from "viem";
import { api, asked } from "../lib/api/client";
import type { SchemaAccountOut as Account } from "../lib/api/schema";
import { Problem } from "../lib/problem";
import type { Signer } from "../lib/signing/signer";
import type { Deployment } from "../lib/signing/typedData";
import { findKeys, letGo } from "./keys.svelte";

class Session {
  /** The address that is signed in. */
  account = $state<Address>();
  /** Its account here; undefined until it has joined. */
  member = $state.raw<Account>();
  /** Chain, contracts and messages, as the server tells. */
  deployment = $state.raw<Deployment>();
  /** Whether the server has answered who is signed in, or why it has not. */
  isKnown = $state(false);
  failure = $state.raw<unknown>();

  get isSignedIn(): boolean {
    return this.account !== undefined;
  }
}

export const session = new Session();

const isProblem = (failure: unknown, ...codes: string[]): boolean =>
  failure instanceof Problem && codes.includes(failure.code);

/** The answer, or undefined for a problem that says: there is none. */
async function orNone<T>(answer: Promise<T>, ...codes: string[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (failure) {
    if (isProblem(failure, ...codes)) return undefined;
    throw failure;
  }
}

/** How to sign here; asked once. */
export async function deploymentHere(): Promise<Deployment> {
  session.deployment ??= await asked(api.GET("/signing"));
  return session.deployment;
}

/** Asks again for the account's own data: after joining, a move, a new child. */
export async function refreshMember(): Promise<void> {
  session.member = await orNone(asked(api.GET("/accounts/me")), "account.unknown");
}

async function isNow(account: Address): Promise<void> {
  await Promise.all([refreshMember(), deploymentHere()]);
  session.account = account;
}

/** Asks the server who is signed in, and the browser for its keys. Call it once, when the pages begin; again after a failure. */
export async function beginSession(): Promise<void> {
  session.failure = undefined;
  try {
    const found = await orNone(asked(api.GET("/sessions/me")), "auth.required");
    if (found !== undefined) await isNow(found.address as Address);
    session.isKnown = true;
    await findKeys(session.account);
  } catch (failure) {
    session.failure = failure;
  }
}

/** Signs in by Sign-In with Ethereum. Throws Declined, Problem, DeploymentDiffers. */
export async function signIn(signer: Signer): Promise<void> {
  const [nonce, { signInText }, { chainId }] = await Promise.all([
    asked(api.POST("/sessions/nonce")),
    import("../lib/signing/signIn"),
    deploymentHere(),
  ]);
  const message = signInText(nonce, signer.address, location.origin, chainId);
  const signature = await signer.signText(message);
  const { address } = await asked(api.POST("/sessions", { body: { message, signature } }));
  await isNow(address as Address);
}

/** Ends the session, here and on the server, and locks every key. */
export async function signOut(): Promise<void> {
  await orNone(asked(api.DELETE("/sessions")), "auth.required");
  ended();
  letGo();
}

function ended(): void {
  session.account = undefined;
  session.member = undefined;
}

// A session that ran out, or was ended elsewhere, is told by the next answer.
api.use({
  onResponse: ({ response, schemaPath }) => {
    if (response.status === 401 && !schemaPath.startsWith("/sessions")) ended();
  },
});
