/** A signer that has its key in memory. Nobody else keeps a reference to it: forgetting the signer forgets the key. */

import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Signer } from "../signing/signer";

/** The signer of a secp256k1 key. */
export function keySigner(privateKey: Hex): Signer {
  const account = privateKeyToAccount(privateKey);
  return {
    address: account.address,
    kind: "key",
    signTyped: (data) => account.signTypedData(data as Parameters<typeof account.signTypedData>[0]),
    signText: (text) => account.signMessage({ message: text }),
  };
}
