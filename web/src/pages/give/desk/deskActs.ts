/** A charity's acts: transactions that its own wallet sends, told in words first. */

import type { Hex } from "viem";
import { deploymentHere } from "../../../state/session.svelte";
import { send } from "../../../state/signing.svelte";
import { t } from "../../../words/words.svelte";
import { contractHere } from "../acts";

/** Sends a call of the Charity contract; the transaction's hash. Throws Declined, WalletNeeded. */
export async function act(data: Hex, words: readonly string[]): Promise<Hex> {
  const [to, { chainId }] = await Promise.all([contractHere("Charity"), deploymentHere()]);
  return send({ chainId, to, data }, [...words, t("give.sign_gas")]);
}
