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

/** How to sign here; asked once. */
export async function deploymentHere(): Promise<Deployment> {
  session.deployment ??= await asked(api.GET("/signing"));
  return session.deployment;
}

/** Asks again who is signed in, and for the account's own data: after joining, a move, a new child. */
export async function refreshSession(): Promise<void> {
  const [me] = await Promise.all([asked(api.GET("/me")), deploymentHere()]);
  session.member = me.account ?? undefined;
  session.account = me.session === null ? undefined : (me.session.address as Address);
}

/** Asks the server who is signed in, and the browser for its keys. Call it once, when the pages begin; again after a failure. */
export async function beginSession(): Promise<void> {
  session.failure = undefined;
  try {
    await refreshSession();
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
  await asked(api.POST("/sessions", { body: { message, signature } }));
  await refreshSession();
}

/** Ends the session, here and on the server, and locks every key. */
export async function signOut(): Promise<void> {
  try {
    await asked(api.DELETE("/sessions"));
  } catch (failure) {
    if (!(failure instanceof Problem && failure.code === "auth.required")) throw failure; // it had ended already
  }
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
