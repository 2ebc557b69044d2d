import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { packed } from "./packed.ts";

/** `vite` alone serves the sources and passes everything else on to a Tanyu that runs at this address. */
const backend = process.env.TANYU_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [svelte(), packed()],
  build: {
    target: "es2022",
    assetsDir: "assets", // served under names that change with their content, and cached for ever
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: scripts or fonts
    modulePreload: { polyfill: false },
  },
  server: { host: "127.0.0.1", proxy: { "^/(?!src|@|node_modules|$)": { target: backend, ws: true } } },
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  test: { include: ["src/**/*.test.ts"] },
});
