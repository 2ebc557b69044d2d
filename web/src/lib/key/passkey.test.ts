import { expect, test } from "vitest";
import { openUnder, sealUnder } from "./passkey";

const KEY = `0x${"5a".repeat(32)}` as const;
const ADDRESS = "0xBcd4042DE499D14e55001CcbB24a551F3b954096";
const secret = (octet: number) => new Uint8Array(32).fill(octet);

test("a key sealed under a passkey's secret opens under the same, for the same address only", async () => {
  const seal = await sealUnder(secret(1), KEY, ADDRESS, "0x01", "0x02");
  expect(JSON.stringify(seal)).not.toContain(KEY.slice(2));
  expect(await openUnder(secret(1), seal, ADDRESS)).toBe(KEY);
  await expect(openUnder(secret(2), seal, ADDRESS)).rejects.toThrow();
  await expect(openUnder(secret(1), seal, "0x0000000000000000000000000000000000000001")).rejects.toThrow();
});
