/** Our pages: the address's first word names the room, whose code and words are loaded when somebody comes. */

import type { Component } from "svelte";
import type { Room } from "./words/words.svelte";

/** What a page gets: the rest of the address, split at slashes (`/trade/CN-SC/2025/SIM` -> three words). */
export interface PageProps {
  rest: readonly string[];
}

export interface Route {
  readonly room: Exclude<Room, "shell" | "key">;
  readonly path: string;
  readonly load: () => Promise<{ default: Component<PageProps> }>;
  /** Whether everybody sees it in the navigation. */
  readonly isListed: boolean;
}

export const routes: readonly Route[] = [
  { room: "welcome", path: "/", load: () => import("./pages/welcome/Welcome.svelte"), isListed: false },
  { room: "my", path: "/my", load: () => import("./pages/my/My.svelte"), isListed: true },
  { room: "trade", path: "/trade", load: () => import("./pages/trade/Trade.svelte"), isListed: true },
  { room: "give", path: "/give", load: () => import("./pages/give/Give.svelte"), isListed: true },
  { room: "audit", path: "/audit", load: () => import("./pages/audit/Audit.svelte"), isListed: true },
  { room: "verifier", path: "/verifier", load: () => import("./pages/verifier/Verifier.svelte"), isListed: false },
  { room: "operator", path: "/operator", load: () => import("./pages/operator/Operator.svelte"), isListed: false },
];

/** The route of a path, and the rest of it; undefined if no page is there. */
export function routeOf(path: string): { route: Route; rest: readonly string[] } | undefined {
  const [, first = "", ...rest] = path.split("/");
  const route = routes.find((known) => known.path === `/${first}`);
  if (route === undefined || (first === "" && rest.length > 0)) return undefined;
  return { route, rest: rest.filter((word) => word !== "").map(decodeURIComponent) };
}
