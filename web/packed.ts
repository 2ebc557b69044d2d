/** Packs what a build made, once and as small as it gets, so that the server only hands it out. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import type { Plugin } from "vite";

const WORTH_IT_BYTES = 1024;
const PACKABLE = /\.(js|css|json|svg|wasm)$/;

async function pack(path: string): Promise<void> {
  const plain = await readFile(path);
  if (plain.length < WORTH_IT_BYTES) return;
  await Promise.all([
    promisify(brotliCompress)(plain).then((packed) => writeFile(`${path}.br`, packed)),
    promisify(gzip)(plain, { level: 9 }).then((packed) => writeFile(`${path}.gz`, packed)),
  ]);
}

/** Writes `FILE.br` and `FILE.gz` beside each asset. */
export function packed(): Plugin {
  return {
    name: "tanyu:packed",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      const names = Object.keys(bundle).filter((name) => PACKABLE.test(name));
      await Promise.all(names.map((name) => pack(join(dir ?? "dist", name))));
    },
  };
}
