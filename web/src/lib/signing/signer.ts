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
  /** Sends a transaction of the address and pays its gas; only wallets can. Its hash. Throws Declined. */
  send?(transaction: Transaction): Promise<Hex>;
}

/** A call of a contract, of the chain it is on. */
export interface Transaction {
  readonly chainId: number;
  readonly to: Address;
  readonly data: Hex;
}

/** The person said no. Nothing was signed. */
export class Declined extends Error {
  override readonly name = "Declined";
  readonly code = "web.declined";
  constructor() {
    super("nothing was signed");
  }
}
