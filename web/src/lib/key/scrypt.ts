/** scrypt beside the page: deriving a key takes a second on purpose, and a page that freezes for it looks broken. */

import type { ScryptWork } from "./scrypt.worker";

/** Derives 32 bytes from a passphrase (RFC 7914); `n` is the cost. */
export type Derive = (work: ScryptWork) => Promise<Uint8Array<ArrayBuffer>>;

/** Derives in a worker of its own, which ends with its answer: nothing of the passphrase stays there. */
export const scryptAside: Derive = (work) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./scrypt.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>): void => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = ({ message }): void => {
      worker.terminate();
      reject(new Error(message));
    };
    worker.postMessage(work);
  });
