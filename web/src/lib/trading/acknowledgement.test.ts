import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import type { SchemaAckOut as AckOut } from "../api/schema";
import { AcknowledgementWrong, checkAcknowledgement } from "./acknowledgement";

const operator = privateKeyToAccount(`0x${"1".padStart(64, "0")}`);
const HASH: Hex = `0x${"ab".repeat(32)}`;
const HEAD: Hex = `0x${"cd".repeat(32)}`;
const SAID = `{"journalHead":"${HEAD}","orderHash":"${HASH}","sequence":7}`;

const ack = async (change: Partial<AckOut> = {}): Promise<AckOut> => ({
  sequence: 7,
  orderHash: HASH,
  journalHead: HEAD,
  operator: operator.address,
  signature: await operator.signMessage({ message: SAID }),
  acceptedAt: "2026-01-15T12:00:00Z",
  fills: [],
  lotsOpen: "1",
  lotsStopped: "0",
  lotsKilled: "0",
  outcome: "open",
  reason: null,
  ...change,
});

test("the operator's own word is believed, and names the operator", async () => {
  expect(await checkAcknowledgement(await ack(), HASH, operator.address)).toBe(operator.address);
});

test.each<[string, Partial<AckOut>]>([
  ["about another order", { orderHash: HEAD }],
  ["about another line", { sequence: 8 }],
  ["of another journal", { journalHead: HASH }],
  ["in another's name", { operator: "0xBcd4042DE499D14e55001CcbB24a551F3b954096" }],
])("a word %s is not", async (_, change) => {
  await expect(checkAcknowledgement(await ack(change), HASH)).rejects.toThrow(AcknowledgementWrong);
});

test("a word of somebody else than the operator so far is not", async () => {
  const other = "0xBcd4042DE499D14e55001CcbB24a551F3b954096";
  await expect(checkAcknowledgement(await ack(), HASH, other)).rejects.toThrow(AcknowledgementWrong);
});
