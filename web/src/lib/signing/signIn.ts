/** Sign-In with Ethereum (EIP-4361): the text for a nonce of ours, if the nonce is for this very page. */

import type { Address } from "viem";
import { createSiweMessage } from "viem/siwe";
import type { SchemaNonceOut as NonceOut } from "../api/schema";
import { DeploymentDiffers } from "./typedData";

/** The text to sign. Throws DeploymentDiffers if the nonce is for another site, or for another chain than `chainId`. */
export function signInText(nonce: NonceOut, address: Address, origin: string, chainId: number): string {
  if (nonce.uri !== origin) throw new DeploymentDiffers("address", nonce.uri, origin);
  if (`${new URL(origin).host}` !== nonce.domain) throw new DeploymentDiffers("domain", nonce.domain, origin);
  if (nonce.chainId !== chainId) throw new DeploymentDiffers("chain", String(nonce.chainId), String(chainId));
  return createSiweMessage({
    address,
    domain: nonce.domain,
    uri: nonce.uri,
    chainId,
    nonce: nonce.nonce,
    statement: nonce.statement,
    issuedAt: new Date(nonce.issuedAt),
    version: "1",
  });
}
