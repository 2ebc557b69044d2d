/**
 * The keys of this browser and which of them are open. A key is in memory only while it is open: it locks itself after a
 * quarter of an hour without a press, and on demand. What opens keys is loaded when somebody opens one.
 */

import type { Address, Hex } from "viem";
import { watchIdle } from "../lib/key/idle";
import type { KeptKey } from "../lib/key/keptKey";
import type { Keystore } from "../lib/key/keystore";
import type { Wallet } from "../lib/key/wallet";
import type { Signer } from "../lib/signing/signer";

class Keys {
  /** What this browser keeps, sealed. */
  kept = $state.raw<readonly KeptKey[]>([]);
  /** Who can sign now, by address: open keys and connected wallets. */
  open = $state.raw<ReadonlyMap<Address, Signer>>(new Map());
  /** Wallets that announced themselves. */
  wallets = $state.raw<readonly Wallet[]>([]);
}

export const keys = new Keys();

const WALLET_PLACE = "tanyu.wallet"; // reverse domain name of the wallet that was used last; no secret
let stopWatching: (() => void) | undefined;

function opens(signer: Signer): Signer {
  keys.open = new Map([...keys.open, [signer.address, signer]]);
  if (signer.kind === "key") stopWatching ??= watchIdle(lock);
  return signer;
}

/** Forgets every open key. Wallets stay: they have locks of their own. */
export function lock(): void {
  stopWatching?.();
  stopWatching = undefined;
  keys.open = new Map([...keys.open].filter(([, { kind }]) => kind === "wallet"));
}

/** Lets go of wallets too. */
export function letGo(): void {
  lock();
  keys.open = new Map();
  localStorage.removeItem(WALLET_PLACE);
}

/** Reads what is kept here, and listens for wallets. A wallet that `account` used before is taken again. */
export async function findKeys(account?: Address): Promise<void> {
  const [{ keptKeys }, { findWallets, reconnect }] = await Promise.all([
    import("../lib/key/keptKey"),
    import("../lib/key/wallet"),
  ]);
  keys.kept = await keptKeys();
  if (keys.wallets.length > 0) return;
  findWallets((wallet) => {
    keys.wallets = [...keys.wallets, wallet];
    if (account === undefined || wallet.info.rdns !== localStorage.getItem(WALLET_PLACE)) return;
    void reconnect(wallet, account).then((signer) => signer && opens(signer));
  });
}

/** The key that is kept of an address. */
export const keptOf = (address: Address): KeptKey | undefined => keys.kept.find((key) => key.address === address);

/** Keeps a key as it is now sealed, known or new. */
export async function keepKey(key: KeptKey): Promise<void> {
  const { keep, keptKeys } = await import("../lib/key/keptKey");
  await keep(key);
  keys.kept = await keptKeys();
}

/** Removes a key from this browser and closes it. */
export async function forgetKey(address: Address): Promise<void> {
  const { forget, keptKeys } = await import("../lib/key/keptKey");
  await forget(address);
  keys.open = new Map([...keys.open].filter(([open]) => open !== address));
  keys.kept = await keptKeys();
}

async function openKey(privateKey: Hex): Promise<Signer> {
  const { keySigner } = await import("../lib/key/keySigner");
  return opens(keySigner(privateKey));
}

/** Opens a kept key by its passphrase. Throws PassphraseWrong. */
export async function openByPassphrase(key: KeptKey, passphrase: string): Promise<Signer> {
  const { KeystoreMalformed, opened } = await import("../lib/key/keystore");
  if (key.keystore === undefined) throw new KeystoreMalformed("a key under a passphrase");
  return openKey(await opened(key.keystore, passphrase));
}

/** Opens a kept key by its passkey. Throws PasskeyUnfit, PasskeySilent. */
export async function openByPasskey(key: KeptKey): Promise<Signer> {
  const { openedByPasskey, PasskeyUnfit } = await import("../lib/key/passkey");
  if (key.passkey === undefined) throw new PasskeyUnfit();
  return openKey(await openedByPasskey(key.passkey, key.address));
}

/** A keystore for a key that a passkey seals, under a passphrase of its own: a file outlives an authenticator. */
export async function keystoreByPasskey(key: KeptKey, passphrase: string): Promise<Keystore> {
  const [{ openedByPasskey, PasskeyUnfit }, { sealed }] = await Promise.all([
    import("../lib/key/passkey"),
    import("../lib/key/keystore"),
  ]);
  if (key.passkey === undefined) throw new PasskeyUnfit();
  return sealed(await openedByPasskey(key.passkey, key.address), passphrase);
}

/** How a new key is to be sealed. */
export type Seal = { readonly passphrase: string } | "passkey";

async function sealedAs(seal: Seal, privateKey: Hex, address: Address, label: string): Promise<Partial<KeptKey>> {
  if (seal === "passkey") {
    const { sealedByPasskey } = await import("../lib/key/passkey");
    return { passkey: await sealedByPasskey(privateKey, address, label) };
  }
  const { sealed } = await import("../lib/key/keystore");
  return { keystore: await sealed(privateKey, seal.passphrase) };
}

/** Makes a key, seals it, keeps it and leaves it open. */
export async function makeKey(seal: Seal, label: string): Promise<Signer> {
  const [{ generatePrivateKey }, { keySigner }] = await Promise.all([
    import("viem/accounts"),
    import("../lib/key/keySigner"),
  ]);
  const privateKey = generatePrivateKey();
  const signer = keySigner(privateKey);
  const { address } = signer;
  const how = await sealedAs(seal, privateKey, address, label);
  await keepKey({ ...how, address, label, madeAt: new Date().toISOString() });
  return opens(signer);
}

/** Takes a key from a keystore file, keeps the file's content and opens the key. Throws KeystoreMalformed, PassphraseWrong. */
export async function takeKeystore(text: string, passphrase: string): Promise<Signer> {
  const { keystoreOf, opened } = await import("../lib/key/keystore");
  const keystore = keystoreOf(text);
  const signer = await openKey(await opened(keystore, passphrase));
  const now = new Date().toISOString();
  const known = keptOf(signer.address) ?? { address: signer.address, label: "", madeAt: now };
  await keepKey({ ...known, keystore, savedAt: now });
  return signer;
}

/** Connects a wallet and remembers which. Throws Declined, WalletEmpty. */
export async function useWallet(wallet: Wallet): Promise<Signer> {
  const { connect } = await import("../lib/key/wallet");
  const signer = opens(await connect(wallet));
  localStorage.setItem(WALLET_PLACE, wallet.info.rdns);
  return signer;
}
