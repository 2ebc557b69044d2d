/**
 * Asking a person for a signature: first what will happen, in words; on demand the exact message. Nothing is signed that
 * was not shown, and one thing is asked at a time.
 */

import type { Address, Hex } from "viem";
import { Declined, type Signer } from "../lib/signing/signer";
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

class Signing {
  /** What is being asked now. */
  question = $state.raw<Question>();
}

export const signing = new Signing();

let last: Promise<unknown> = Promise.resolve();

function put(exact: TypedData | string, words: readonly string[], address: Address): Promise<Hex> {
  return new Promise((resolve, reject) => {
    const close = (): void => {
      signing.question = undefined;
    };
    signing.question = {
      address,
      words,
      exact,
      agree: async (signer) => {
        const signature = await (typeof exact === "string" ? signer.signText(exact) : signer.signTyped(exact));
        close();
        resolve(signature);
      },
      decline: () => {
        close();
        reject(new Declined());
      },
    };
  });
}

function asked(exact: TypedData | string, words: readonly string[], by: Address | undefined): Promise<Hex> {
  const address = by ?? session.account;
  if (address === undefined) return Promise.reject(new NobodySignedIn());
  const mine = last.then(() => put(exact, words, address));
  last = mine.catch(() => undefined);
  return mine;
}

/** The person's signature of an act. Throws Declined, NobodySignedIn, DeploymentDiffers, MessageMalformed. */
export async function sign({ contract, type, message, words, by }: Act): Promise<Hex> {
  const [{ typedDataOf }, deployment] = await Promise.all([import("../lib/signing/typedData"), deploymentHere()]);
  return asked(typedDataOf(contract, type, message, deployment), words, by);
}

/** The person's signature of a text (EIP-191). Throws Declined, NobodySignedIn. */
export const signText = (text: string, words: readonly string[], by?: Address): Promise<Hex> => asked(text, words, by);
