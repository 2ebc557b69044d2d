/** The one stream of this page, and how it stands. Everything live comes through `stream.subscribe`. */

import type { Address } from "viem";
import { openStream, type Standing, streamAddress } from "../lib/stream/stream";

export const connection = $state<{ standing: Standing }>({ standing: "closed" });

export const stream = openStream({
  connect: () => new WebSocket(streamAddress(location.origin)),
  standing: (now) => {
    connection.standing = now;
  },
});

let opener: Address | undefined;

/** Opens the stream anew if somebody else is signed in now: the server knows whom it serves from when it was opened. */
export function openedBy(account: Address | undefined): void {
  if (account === opener) return;
  opener = account;
  stream.reconnect();
}
