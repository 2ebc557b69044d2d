/**
 * A client of `/stream` that misses nothing: it notices a gap, asks for what it lacks, and comes back after a cut.
 *
 * Each channel counts for itself; a delta that is not one more than the last is thrown away with all after it until
 * what is missing came (`resume`), or a whole snapshot. Who is told, is told each change once and in order. The session
 * cookie proves who opens it: after signing in or out call `reconnect`.
 */

import { Problem } from "../problem";
import type { Channels } from "./channels";
import type { Frame, Wish } from "./frames";

/** What the browser's WebSocket has, and a test's own. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
}

/** `live`: connected and heard from. `waiting`: cut, and trying again. */
export type Standing = "connecting" | "live" | "waiting" | "closed";

export interface Handlers<Snapshot, Delta> {
  snapshot: (data: Snapshot) => void;
  /** What changed. Answer false if what was made of the deltas cannot be right: the whole comes again. */
  delta: (data: Delta) => boolean;
  /** The server refuses this channel. */
  refused?: (problem: Problem) => void;
}

export interface Options {
  connect: () => Socket;
  /** Told whenever the connection stands otherwise. */
  standing?: (now: Standing) => void;
  later?: (act: () => void, afterMs: number) => unknown;
  never?: (handle: unknown) => void;
  random?: () => number;
}

export interface Stream {
  /** Follows a channel until the function that it gives back is called. */
  subscribe<Name extends keyof Channels & string>(
    channel: Name,
    handlers: Handlers<Channels[Name]["snapshot"], Channels[Name]["delta"]>,
  ): () => void;
  /** Cuts the connection and opens a new one, as whoever is signed in now. */
  reconnect(): void;
  close(): void;
}

/** Longer than the server is ever silent: a heartbeat comes every 15 seconds. */
export const SILENCE_MS = 45_000;
const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 30_000;

type AnyHandlers = Handlers<unknown, unknown>;

interface Followed {
  handlers: Set<AnyHandlers>;
  /** The last sequence that came; undefined before the first snapshot. */
  sequence: number | undefined;
  /** Something is missing, and was asked for: deltas are not taken until it comes. */
  isLacking: boolean;
}

/** Opens the stream; it connects when somebody subscribes. */
export function openStream(options: Options): Stream {
  const { connect, standing = () => {}, random = Math.random } = options;
  const later = options.later ?? ((act, afterMs) => setTimeout(act, afterMs));
  const never = options.never ?? ((handle) => clearTimeout(handle as number));
  const followed = new Map<string, Followed>();
  let socket: Socket | undefined;
  let isOpen = false;
  let failures = 0;
  let retry: unknown;
  let silence: unknown;

  const send = (wish: Wish): void => {
    if (isOpen) socket?.send(JSON.stringify(wish));
  };

  function ask(channel: string, one: Followed): void {
    one.isLacking = true;
    if (one.sequence === undefined) send({ op: "subscribe", channel });
    else send({ op: "resume", channel, after: one.sequence });
  }

  function start(): void {
    never(retry);
    standing("connecting");
    const mine = connect();
    socket = mine;
    isOpen = false;
    listenForSilence();
    mine.onopen = () => {
      if (socket !== mine) return;
      isOpen = true;
      standing("live");
      for (const [channel, one] of followed) ask(channel, one);
    };
    mine.onmessage = ({ data }) => {
      if (socket === mine) hear(JSON.parse(String(data)));
    };
    mine.onclose = () => {
      if (socket === mine) comeBack();
    };
  }

  function leave(): void {
    never(silence);
    never(retry);
    const [old, wasOpen] = [socket, isOpen];
    socket = undefined;
    isOpen = false;
    if (wasOpen) old?.close();
    else if (old !== undefined) old.onopen = () => old.close(); // a browser complains of one closed before it opened
  }

  /** After a cut: at once at first, then ever more patiently, and never all clients in the same moment. */
  function comeBack(): void {
    leave();
    if (followed.size === 0) {
      standing("closed");
      return;
    }
    standing("waiting");
    const longest = Math.min(WAIT_MS_MIN * 2 ** failures, WAIT_MS_MAX);
    failures += 1;
    retry = later(start, longest / 2 + (random() * longest) / 2);
  }

  function listenForSilence(): void {
    never(silence);
    silence = later(comeBack, SILENCE_MS);
  }

  function hear(frame: Frame): void {
    failures = 0;
    listenForSilence();
    if (frame.type === "error") refuse(frame.channel, new Problem(frame.problem));
    else if ("channel" in frame) {
      const one = followed.get(frame.channel);
      if (one !== undefined) take(one, frame);
    }
  }

  function take(one: Followed, frame: Exclude<Frame, { at: string } | { type: "error" }>): void {
    if (frame.type === "resumed") one.isLacking = false;
    else if (frame.type === "snapshot") {
      one.isLacking = false;
      one.sequence = frame.sequence;
      for (const each of one.handlers) each.snapshot(frame.data);
    } else if (frame.type === "delta" && !one.isLacking && one.sequence !== undefined) {
      if (frame.sequence !== one.sequence + 1) {
        ask(frame.channel, one);
        return;
      }
      one.sequence = frame.sequence;
      const answers = [...one.handlers].map((each) => each.delta(frame.data));
      if (answers.includes(false)) {
        one.sequence = undefined;
        ask(frame.channel, one);
      }
    }
  }

  function refuse(channel: string | null, problem: Problem): void {
    if (channel === null) return;
    const one = followed.get(channel);
    followed.delete(channel);
    for (const each of one?.handlers ?? []) each.refused?.(problem);
  }

  return {
    subscribe(channel, handlers) {
      const mine = handlers as AnyHandlers;
      const one = followed.get(channel) ?? { handlers: new Set(), sequence: undefined, isLacking: true };
      followed.set(channel, one);
      one.handlers.add(mine);
      one.sequence = undefined; // whoever comes later needs the whole too
      if (socket === undefined) start();
      else ask(channel, one);
      return () => {
        if (!one.handlers.delete(mine) || one.handlers.size > 0 || followed.get(channel) !== one) return;
        followed.delete(channel);
        send({ op: "unsubscribe", channel });
      };
    },
    reconnect() {
      leave();
      failures = 0;
      for (const one of followed.values()) one.sequence = undefined;
      if (followed.size > 0) start();
      else standing("closed");
    },
    close() {
      leave();
      followed.clear();
      standing("closed");
    },
  };
}

/** The address of the stream of the server that this page came from. */
export const streamAddress = (origin: string): string => `${origin.replace(/^http/, "ws")}/stream`;
