/**
 * A key under a passkey: the authenticator's pseudo-random function (WebAuthn PRF) gives a secret that only it can give
 * again, after it has verified the person; AES-GCM under that secret seals the key.
 *
 * No server takes part: we want the secret, not an attestation, so challenges are random and answers are not checked.
 */

import type { Address, Hex } from "viem";
import { bytesToHex, hexToBytes } from "viem/utils";

/** Everything is kept as it is: neither the passkey's id nor what is sealed opens anything without the authenticator. */
export interface PasskeySeal {
  readonly credentialId: Hex;
  readonly salt: Hex;
  readonly iv: Hex;
  readonly sealed: Hex;
}

/** An authenticator without the pseudo-random function; a passphrase does instead. */
export class PasskeyUnfit extends Error {
  readonly code = "web.passkey_unfit";
  constructor() {
    super("this passkey cannot keep a key (it lacks WebAuthn PRF); take a passphrase instead");
  }
}

/** No passkey answered: the person closed the browser's question, or the passkey is not here. */
export class PasskeySilent extends Error {
  readonly code = "web.passkey_silent";
  constructor(cause: unknown) {
    super("no passkey answered", { cause });
  }
}

type Bytes = Uint8Array<ArrayBuffer>;
const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const bytesOf = (hex: Hex): Bytes => Uint8Array.from(hexToBytes(hex));
const hexOf = (buffer: ArrayBuffer): Hex => bytesToHex(new Uint8Array(buffer));

/** Whether passkeys can be made here at all: browsers have none for bare IP addresses, nor on plain http but localhost. */
export async function hasPasskeys(): Promise<boolean> {
  const isNamed = !/^(\d+\.){3}\d+$|^\[/.test(location.hostname);
  if (!isNamed || !isSecureContext || typeof PublicKeyCredential === "undefined") return false;
  return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
}

async function answered(asking: Promise<Credential | null>): Promise<PublicKeyCredential> {
  let credential: Credential | null;
  try {
    credential = await asking;
  } catch (failure) {
    throw new PasskeySilent(failure);
  }
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeySilent(credential);
  return credential;
}

function secretIn(credential: PublicKeyCredential): Bytes | undefined {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (first === undefined) return undefined;
  return new Uint8Array(ArrayBuffer.isView(first) ? (first.buffer.slice(0) as ArrayBuffer) : first.slice(0));
}

async function secretOf(credentialId: Hex, salt: Hex): Promise<Bytes> {
  const credential = await answered(
    navigator.credentials.get({
      publicKey: {
        challenge: random(32),
        rpId: location.hostname,
        allowCredentials: [{ type: "public-key", id: bytesOf(credentialId) }],
        userVerification: "required",
        extensions: { prf: { eval: { first: bytesOf(salt) } } },
      },
    }),
  );
  const secret = secretIn(credential);
  if (secret === undefined) throw new PasskeyUnfit();
  return secret;
}

/** AES-GCM under a PRF's secret, by HKDF-SHA-256 as WebAuthn's authors advise; the address is bound as extra data. */
async function wrappingKey(secret: Bytes): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode("tanyu key seal v1");
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return crypto.subtle.deriveKey(derivation, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const withAddress = (iv: Bytes, address: Address): AesGcmParams => ({
  name: "AES-GCM",
  iv,
  additionalData: new TextEncoder().encode(address.toLowerCase()),
});

/** Seals a key under a PRF's secret. */
export async function sealUnder(secret: Bytes, privateKey: Hex, address: Address, credentialId: Hex, salt: Hex) {
  const iv = random(12);
  const key = await wrappingKey(secret);
  const sealed = hexOf(await crypto.subtle.encrypt(withAddress(iv, address), key, bytesOf(privateKey)));
  return { credentialId, salt, iv: bytesToHex(iv), sealed } satisfies PasskeySeal;
}

/** The key again. Throws a DOMException for another secret or another address. */
export async function openUnder(secret: Bytes, seal: PasskeySeal, address: Address): Promise<Hex> {
  const key = await wrappingKey(secret);
  return hexOf(await crypto.subtle.decrypt(withAddress(bytesOf(seal.iv), address), key, bytesOf(seal.sealed)));
}

/** Makes a passkey, which the browser asks the person for, and seals a key under it. Throws PasskeyUnfit, PasskeySilent. */
export async function sealedByPasskey(privateKey: Hex, address: Address, label: string): Promise<PasskeySeal> {
  const salt = random(32);
  const credential = await answered(
    navigator.credentials.create({
      publicKey: {
        challenge: random(32),
        rp: { id: location.hostname, name: "Tanyu 碳余" },
        user: { id: random(16), name: label, displayName: label },
        pubKeyCredParams: [
          { type: "public-key", alg: -7 },
          { type: "public-key", alg: -257 },
        ],
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  if (credential.getClientExtensionResults().prf?.enabled !== true) throw new PasskeyUnfit();
  const [id, saltHex] = [hexOf(credential.rawId), bytesToHex(salt)];
  // Some authenticators evaluate while they make the passkey, others only when asked again.
  const secret = secretIn(credential) ?? (await secretOf(id, saltHex));
  return sealUnder(secret, privateKey, address, id, saltHex);
}

/** The key that a passkey seals. Throws PasskeyUnfit, PasskeySilent. */
export async function openedByPasskey(seal: PasskeySeal, address: Address): Promise<Hex> {
  return openUnder(await secretOf(seal.credentialId, seal.salt), seal, address);
}
