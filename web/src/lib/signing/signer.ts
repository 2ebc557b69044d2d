/** Whoever can sign for an address: a key of this browser, or a wallet. */

import type { Address, Hex } from "viem";
import type { TypedData } from "./typedData";

export interface Signer {
  readonly address: Address;
  readonly kind: "key" | "wallet";
  /** 65 bytes, v 27 or 28. Throws Declined. */
  signTyped(data: TypedData): Promise<Hex>;
  /** The same of a personal message (EIP-191). Throws Declined. */
  signText(text: string): Promise<Hex>;
}

/** The person said no. Nothing was signed. */
export class Declined extends Error {
  override readonly name = "Declined";
  readonly code = "web.declined";
  constructor() {
    super("nothing was signed");
  }
}
