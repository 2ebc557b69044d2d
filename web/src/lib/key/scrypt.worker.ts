import { scrypt } from "@noble/hashes/scrypt";

/** Parameters of RFC 7914; `passphrase` is taken as UTF-8. */
export interface ScryptWork {
  readonly passphrase: string;
  readonly salt: Uint8Array;
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

addEventListener("message", ({ data: { passphrase, salt, n, r, p } }: MessageEvent<ScryptWork>) => {
  postMessage(scrypt(passphrase, salt, { N: n, r, p, dkLen: 32 }));
});
