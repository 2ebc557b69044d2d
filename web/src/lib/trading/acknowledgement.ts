/** The operator's word for an accepted order, as its maker checks it: about this order, and signed by who signs here. */

import type { Address, Hex } from "viem";
import { recoverMessageAddress } from "viem/utils";
import type { SchemaAckOut as AckOut } from "../api/schema";

/** An answer that proves nothing: about another order, or not signed by the operator. */
export class AcknowledgementWrong extends Error {
  readonly code = "market.acknowledgement_wrong";
  constructor(
    readonly what: string,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`the acknowledgement's ${what} is ${found}, not ${expected}: keep it, and look for the order by its hash`);
  }
}

/** Canonical JSON (RFC 8785) of what the operator signs; nothing in it needs escaping. */
const said = (ack: AckOut): string =>
  `{"journalHead":"${ack.journalHead}","orderHash":"${ack.orderHash}","sequence":${ack.sequence}}`;

/**
 * The address that signed it, which must be the operator's if that is known. Throws AcknowledgementWrong.
 */
export async function checkAcknowledgement(ack: AckOut, orderHash: Hex, operator?: Address): Promise<Address> {
  if (ack.orderHash !== orderHash) throw new AcknowledgementWrong("order hash", ack.orderHash, orderHash);
  const signer = await recoverMessageAddress({ message: said(ack), signature: ack.signature as Hex });
  for (const expected of [ack.operator, operator ?? ack.operator])
    if (signer.toLowerCase() !== expected.toLowerCase()) throw new AcknowledgementWrong("signer", signer, expected);
  return signer;
}
