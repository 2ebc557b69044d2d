import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scrypt } from "@noble/hashes/scrypt";
import type { Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { describe, expect, test } from "vitest";
import { KeystoreMalformed, keystoreOf, opened, PassphraseWrong, SCRYPT_N, sealed } from "./keystore";
import type { Derive } from "./scrypt";

const derive: Derive = async ({ passphrase, salt, n, r, p }) =>
  Uint8Array.from(scrypt(passphrase, salt, { N: n, r, p, dkLen: 32 }));

/** Made by eth-account, which Python's tests read too. */
const FILE = join(import.meta.dirname, "../../../../tests/vectors/keystore.json");
const vector: { keystore: object; passphrase: string; privateKey: Hex; address: string } = JSON.parse(
  readFileSync(FILE, "utf8"),
);

test("a keystore of another program opens with its passphrase only", async () => {
  const keystore = keystoreOf(JSON.stringify(vector.keystore));
  expect(await opened(keystore, vector.passphrase, derive)).toBe(vector.privateKey);
  await expect(opened(keystore, "another", derive)).rejects.toThrow(PassphraseWrong);
}, 30_000);

test("what we seal opens again, and names its address", async () => {
  const keystore = await sealed(vector.privateKey, "长口令 with words", derive, 1024);
  expect(`0x${keystore.address}`).toBe(privateKeyToAddress(vector.privateKey).toLowerCase());
  expect(JSON.stringify(keystore)).not.toContain(vector.privateKey.slice(2));
  expect(await opened(keystoreOf(JSON.stringify(keystore)), "长口令 with words", derive)).toBe(vector.privateKey);
  await expect(opened(keystore, "长口令 with word", derive)).rejects.toThrow(PassphraseWrong);
});

test("two seals of one key share nothing", async () => {
  const one = await sealed(vector.privateKey, "the same", derive, 1024);
  const other = await sealed(vector.privateKey, "the same", derive, 1024);
  expect(one.crypto.ciphertext).not.toBe(other.crypto.ciphertext);
  expect(one.crypto.kdfparams.salt).not.toBe(other.crypto.kdfparams.salt);
});

test("the cost is the one that other programs take", () => {
  expect(SCRYPT_N).toBe(1 << 17);
});

describe("keystoreOf", () => {
  const upper = JSON.stringify(vector.keystore).replace('"crypto"', '"Crypto"');
  test("reads names in any case", () => {
    expect(keystoreOf(upper)).toEqual(keystoreOf(JSON.stringify(vector.keystore)));
  });

  const changed = (from: string, to: string): string => JSON.stringify(vector.keystore).replace(from, to);
  test.each([
    ["no JSON", "0x1234"],
    ["null", "null"],
    ["another version", changed('"version":3', '"version":4')],
    ["another cipher", changed("aes-128-ctr", "aes-256-gcm")],
    ["another derivation", changed('"scrypt"', '"pbkdf2"')],
    ["a cost that no browser can bear", changed("131072", "1073741824")],
    ["a cost that is no power of two", changed("131072", "131071")],
  ])("refuses %s", (_, text) => {
    expect(() => keystoreOf(text)).toThrow(KeystoreMalformed);
  });
});
