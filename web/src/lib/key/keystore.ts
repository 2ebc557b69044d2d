/**
 * A key under a passphrase, in the keystore format every Ethereum program reads (Web3 Secret Storage, version 3): scrypt,
 * AES-128-CTR, and keccak(second half of the derived key | ciphertext) against a wrong passphrase.
 */

import type { Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { bytesToHex, concat, hexToBytes, isHex, keccak256 } from "viem/utils";
import { type Derive, scryptAside } from "./scrypt";

/** The cost of scrypt, as geth and eth-account take it: about a second, and 128 MiB, a guess. */
export const SCRYPT_N = 131_072;
const BLOCK_BYTES_MAX = 1 << 30;

export interface Keystore {
  readonly version: 3;
  readonly id: string;
  /** 40 hex digits in lower case, without 0x. */
  readonly address: string;
  readonly crypto: {
    readonly cipher: "aes-128-ctr";
    readonly cipherparams: { readonly iv: string };
    readonly ciphertext: string;
    readonly kdf: "scrypt";
    readonly kdfparams: {
      readonly n: number;
      readonly r: number;
      readonly p: number;
      readonly dklen: number;
      readonly salt: string;
    };
    readonly mac: string;
  };
}

/** Another passphrase than the key was sealed with. */
export class PassphraseWrong extends Error {
  readonly code = "web.passphrase_wrong";
  constructor() {
    super("the passphrase does not open this key");
  }
}

/** A file that is no keystore, or one of a kind we do not read. */
export class KeystoreMalformed extends Error {
  readonly code = "web.keystore_malformed";
  constructor(readonly expected: string) {
    super(`this is no keystore file: expected ${expected}`);
  }
}

const plain = (bytes: Uint8Array): string => bytesToHex(bytes).slice(2);

function octets(text: unknown, what: string): Uint8Array<ArrayBuffer> {
  const hex = `0x${String(text).replace(/^0x/, "")}`;
  if (typeof text !== "string" || !isHex(hex) || hex.length % 2 !== 0) throw new KeystoreMalformed(`${what} in hex`);
  return Uint8Array.from(hexToBytes(hex));
}

/** CTR is its own inverse: the same turns a key into ciphertext and back. */
async function aesCtr(key: Uint8Array<ArrayBuffer>, counter: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>) {
  const imported = await crypto.subtle.importKey("raw", key, "AES-CTR", false, ["encrypt"]);
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 128 }, imported, data));
}

const macOf = (derived: Uint8Array, ciphertext: Uint8Array): string =>
  keccak256(concat([derived.slice(16, 32), ciphertext])).slice(2);

/** A private key sealed under a passphrase. */
export async function sealed(
  privateKey: Hex,
  passphrase: string,
  derive: Derive = scryptAside,
  n = SCRYPT_N,
): Promise<Keystore> {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const derived = await derive({ passphrase, salt, n, r: 8, p: 1 });
  const ciphertext = await aesCtr(derived.slice(0, 16), iv, Uint8Array.from(hexToBytes(privateKey)));
  return {
    version: 3,
    id: crypto.randomUUID(),
    address: privateKeyToAddress(privateKey).slice(2).toLowerCase(),
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: plain(iv) },
      ciphertext: plain(ciphertext),
      kdf: "scrypt",
      kdfparams: { n, r: 8, p: 1, dklen: 32, salt: plain(salt) },
      mac: macOf(derived, ciphertext),
    },
  };
}

/** A keystore file's content, checked. Keys may be written in any case, as some programs do. Throws KeystoreMalformed. */
export function keystoreOf(text: string): Keystore {
  const lowered = (_: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]))
      : value;
  let found: Partial<Keystore> | null;
  try {
    found = JSON.parse(text, lowered) as Partial<Keystore> | null;
  } catch {
    throw new KeystoreMalformed("JSON");
  }
  const { cipher, kdf, kdfparams } = found?.crypto ?? {};
  if (found?.version !== 3) throw new KeystoreMalformed("version 3");
  if (cipher !== "aes-128-ctr") throw new KeystoreMalformed("the cipher aes-128-ctr");
  const { n = 0, r = 0, p = 0, dklen } = kdf === "scrypt" ? (kdfparams ?? {}) : {};
  const isPower = Number.isInteger(n) && n > 1 && (n & (n - 1)) === 0;
  if (!isPower || dklen !== 32 || !(r > 0 && p > 0) || 128 * n * r * p > BLOCK_BYTES_MAX)
    throw new KeystoreMalformed("the derivation scrypt, with parameters that a browser can bear");
  return found as Keystore;
}

/** The private key of a keystore. Throws PassphraseWrong, KeystoreMalformed. */
export async function opened(keystore: Keystore, passphrase: string, derive: Derive = scryptAside): Promise<Hex> {
  const { kdfparams, cipherparams, ciphertext, mac } = keystore.crypto;
  const sealedKey = octets(ciphertext, "ciphertext");
  const { n, r, p } = kdfparams;
  const derived = await derive({ passphrase, salt: octets(kdfparams.salt, "salt"), n, r, p });
  if (macOf(derived, sealedKey) !== plain(octets(mac, "mac"))) throw new PassphraseWrong();
  return bytesToHex(await aesCtr(derived.slice(0, 16), octets(cipherparams.iv, "iv"), sealedKey));
}
