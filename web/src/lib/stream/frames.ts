/** The frames of `/stream` (docs/stream.md), as the server sends them. */

import type { ProblemDocument } from "../problem";

/** Why a whole snapshot came. */
export type Why = "subscribed" | "too_old" | "unknown_sequence" | "missed";

export type Frame =
  | { type: "snapshot"; channel: string; sequence: number; why: Why; data: unknown }
  | { type: "delta"; channel: string; sequence: number; data: unknown }
  | { type: "resumed"; channel: string; after: number; sequence: number }
  | { type: "unsubscribed"; channel: string }
  | { type: "pong" | "heartbeat"; at: string }
  | { type: "error"; channel: string | null; problem: ProblemDocument };

/** What a client asks for. */
export type Wish =
  | { op: "subscribe" | "unsubscribe"; channel: string }
  | { op: "resume"; channel: string; after: number };
