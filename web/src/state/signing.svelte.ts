/**
 * Asking a person for a signature: first what will happen, in words; on demand the exact message. Nothing is signed that
 * was not shown, and one thing is asked at a time.
 */

import type { Address, Hex } from "viem";
import { Declined, type Signer, type Transaction } from "../lib/signing/signer";
import type { Message, TypedData } from "../lib/signing/typedData";
import { deploymentHere, session } from "./session.svelte";

/** An act to be signed. `words`: sentences that say what will happen, in the person's language, amounts included. */
export interface Act {
  readonly contract: string;
  readonly type: string;
  readonly message: Message;
  readonly words: readonly string[];
  /** Whose signature is needed; whoever is signed in, if left out. */
  readonly by?: Address;
}

/** What the dialog asks: it agrees with a signer for the address, or declines. */
export interface Question {
  readonly address: Address;
  readonly words: readonly string[];
  /** What exactly is signed: a message's fields, or a text. */
  readonly exact: TypedData | string;
  readonly agree: (signer: Signer) => Promise<void>;
  readonly decline: () => void;
}

/** Nobody is signed in, so nobody can sign. */
export class NobodySignedIn extends Error {
  readonly code = "web.nobody_signed_in";
  constructor() {
    super("sign in first");
  }
}

/** The key of this browser signs, but has no node to send a transaction by and no gas: a wallet is needed. */
export class WalletNeeded extends Error {
  readonly code = "web.wallet_needed";
  constructor() {
    super("only a wallet can send this: it pays the gas");
  }
}

class Signing {
  /** What is being asked now. */
  question = $state.raw<Question>();
}

export const signing = new Signing();

let last: Promise<unknown> = Promise.resolve();

type Do = (signer: Signer) => Promise<Hex>;

function put(exact: TypedData | string, words: readonly string[], address: Address, act: Do): Promise<Hex> {
  return new Promise((resolve, reject) => {
    const close = (): void => {
      signing.question = undefined;
    };
    signing.question = {
      address,
      words,
      exact,
      agree: async (signer) => {
        const done = await act(signer);
        close();
        resolve(done);
      },
      decline: () => {
        close();
        reject(new Declined());
      },
    };
  });
}

function asked(exact: TypedData | string, words: readonly string[], by: Address | undefined, act: Do): Promise<Hex> {
  const address = by ?? session.account;
  if (address === undefined) return Promise.reject(new NobodySignedIn());
  const mine = last.then(() => put(exact, words, address, act));
  last = mine.catch(() => undefined);
  return mine;
}

/** The person's signature of an act. Throws Declined, NobodySignedIn, DeploymentDiffers, MessageMalformed. */
export async function sign({ contract, type, message, words, by }: Act): Promise<Hex> {
  const [{ typedDataOf }, deployment] = await Promise.all([import("../lib/signing/typedData"), deploymentHere()]);
  const data = typedDataOf(contract, type, message, deployment);
  return asked(data, words, by, (signer) => signer.signTyped(data));
}

/** The person's signature of a text (EIP-191). Throws Declined, NobodySignedIn. */
export const signText = (text: string, words: readonly string[], by?: Address): Promise<Hex> =>
  asked(text, words, by, (signer) => signer.signText(text));

/** Has the person's wallet send a transaction; its hash. Throws Declined, NobodySignedIn, WalletNeeded. */
export const send = (transaction: Transaction, words: readonly string[]): Promise<Hex> =>
  asked(JSON.stringify(transaction, undefined, 1), words, undefined, (signer) => {
    if (signer.send === undefined) throw new WalletNeeded();
    return signer.send(transaction);
  });
