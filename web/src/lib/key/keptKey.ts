/** The keys that this browser keeps, in its IndexedDB: always sealed, under a passphrase, a passkey, or both. */

import type { Address } from "viem";
import type { Keystore } from "./keystore";
import type { PasskeySeal } from "./passkey";

export interface KeptKey {
  readonly address: Address;
  readonly keystore?: Keystore;
  readonly passkey?: PasskeySeal;
  /** What the person calls it; a child's name, for example. Stays in this browser. */
  readonly label: string;
  readonly madeAt: string;
  /** When the person last took a keystore file away; a key without one is lost with this browser. */
  readonly savedAt?: string;
}

const NAME = "tanyu";
const STORE = "keys";

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = (): void => resolve(request.result);
    request.onerror = (): void => reject(request.error);
  });

async function within<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = (): void => {
    opening.result.createObjectStore(STORE, { keyPath: "address" });
  };
  const database = await done(opening);
  try {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const committed = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = (): void => resolve();
      transaction.onabort = (): void => reject(transaction.error);
    });
    const result = await done(act(transaction.objectStore(STORE)));
    await committed; // an answer before the commit could be taken back by a full disk
    return result;
  } finally {
    database.close();
  }
}

/** Every key that is kept here, the oldest first. */
export async function keptKeys(): Promise<readonly KeptKey[]> {
  const keys = await within<KeptKey[]>("readonly", (store) => store.getAll());
  return keys.sort((one, other) => one.madeAt.localeCompare(other.madeAt));
}

/** Keeps a key, in place of what was kept of its address. Asks the browser not to evict it. */
export async function keep(key: KeptKey): Promise<void> {
  await within("readwrite", (store) => store.put(key));
  await navigator.storage?.persist?.();
}

/** Forgets a key. Without a keystore file elsewhere it is gone. */
export async function forget(address: Address): Promise<void> {
  await within("readwrite", (store) => store.delete(address));
}
