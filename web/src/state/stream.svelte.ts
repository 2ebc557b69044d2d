/** The one stream of this page, and how it stands. Everything live comes through `stream.subscribe`. */

import { openStream, type Standing, streamAddress } from "../lib/stream/stream";

export const connection = $state<{ standing: Standing }>({ standing: "closed" });

export const stream = openStream({
  connect: () => new WebSocket(streamAddress(location.origin)),
  standing: (now) => {
    connection.standing = now;
  },
});
