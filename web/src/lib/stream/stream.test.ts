import { describe, expect, test } from "vitest";
import type { Problem } from "../problem";
import type { Frame, Wish } from "./frames";
import { openStream, SILENCE_MS, type Socket, type Standing, type Stream } from "./stream";

const CHANNEL = "orders";
const HEARTBEAT: Frame = { type: "heartbeat", at: "2026-01-15T12:00:15Z" };

class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readonly asked: Wish[] = [];
  isClosed = false;
  send(text: string): void {
    this.asked.push(JSON.parse(text));
  }
  close(): void {
    this.isClosed = true;
  }
  open(): void {
    this.onopen?.(new Event("open"));
  }
  say(frame: Frame): void {
    this.onmessage?.(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }
  cut(): void {
    this.onclose?.(new Event("close") as CloseEvent);
  }
}

/** A stream over fake sockets, with a clock that is turned by hand. */
class World {
  readonly sockets: FakeSocket[] = [];
  readonly standings: Standing[] = [];
  readonly told: unknown[] = [];
  readonly stream: Stream;
  #waiting: { act: () => void; afterMs: number }[] = [];

  constructor() {
    this.stream = openStream({
      connect: () => {
        const made = new FakeSocket();
        this.sockets.push(made);
        return made;
      },
      standing: (now) => this.standings.push(now),
      later: (act, afterMs) => {
        const one = { act, afterMs };
        this.#waiting.push(one);
        return one;
      },
      never: (handle) => {
        this.#waiting = this.#waiting.filter((one) => one !== handle);
      },
      random: () => 1,
    });
  }
  get socket(): FakeSocket {
    return this.sockets.at(-1) as FakeSocket;
  }
  get waits(): number[] {
    return this.#waiting.map(({ afterMs }) => afterMs);
  }
  /** Lets the first thing that waits so long happen. */
  pass(afterMs: number): void {
    const one = this.#waiting.find((each) => each.afterMs === afterMs);
    if (one === undefined) throw new Error(`nothing waits ${afterMs} ms, but ${this.waits}`);
    this.#waiting = this.#waiting.filter((each) => each !== one);
    one.act();
  }
  follow(right: () => boolean = () => true): () => void {
    return this.stream.subscribe(CHANNEL, {
      snapshot: (data) => this.told.push(data),
      delta: (data) => {
        this.told.push(data);
        return right();
      },
      refused: (problem: Problem) => this.told.push(problem.code),
    });
  }
}

const snapshot = (sequence: number): Frame => ({
  type: "snapshot",
  channel: CHANNEL,
  sequence,
  why: "subscribed",
  data: { whole: sequence },
});
const delta = (sequence: number): Frame => ({ type: "delta", channel: CHANNEL, sequence, data: { change: sequence } });
const resumed = (after: number, sequence: number): Frame => ({ type: "resumed", channel: CHANNEL, after, sequence });

function following(): World {
  const world = new World();
  world.follow();
  world.socket.open();
  world.socket.say(snapshot(10));
  return world;
}

describe("a channel", () => {
  test("is asked for when the connection stands, and told whole, then change by change", () => {
    const world = following();
    world.socket.say(delta(11));
    expect(world.socket.asked).toEqual([{ op: "subscribe", channel: CHANNEL }]);
    expect(world.told).toEqual([{ whole: 10 }, { change: 11 }]);
    expect(world.standings).toEqual(["connecting", "live"]);
  });

  test("with a gap is resumed after the last change that came, and told of none twice", () => {
    const world = following();
    world.socket.say(delta(13));
    world.socket.say(delta(14));
    expect(world.socket.asked.slice(1)).toEqual([{ op: "resume", channel: CHANNEL, after: 10 }]);
    world.socket.say(resumed(10, 14));
    for (const sequence of [11, 12, 13, 14]) world.socket.say(delta(sequence));
    expect(world.told.slice(1)).toEqual([11, 12, 13, 14].map((change) => ({ change })));
  });

  test("whose follower finds itself wrong comes whole again", () => {
    const world = new World();
    world.follow(() => false);
    world.socket.open();
    world.socket.say(snapshot(10));
    world.socket.say(delta(11));
    world.socket.say(delta(12));
    expect(world.socket.asked).toEqual([1, 2].map(() => ({ op: "subscribe", channel: CHANNEL })));
    world.socket.say(snapshot(12));
    expect(world.told).toEqual([{ whole: 10 }, { change: 11 }, { whole: 12 }]);
  });

  test("that is refused tells why, and is not asked for again", () => {
    const world = new World();
    world.follow();
    world.socket.open();
    const problem = { code: "stream.channel_private", title: "", detail: "", status: 401 };
    world.socket.say({ type: "error", channel: CHANNEL, problem });
    expect(world.told).toEqual(["stream.channel_private"]);
    world.stream.reconnect();
    expect(world.sockets).toHaveLength(1);
  });

  test("that two follow comes whole for the second, and is left with the last", () => {
    const world = new World();
    const [first, second] = [world.follow(), world.follow()];
    world.socket.open();
    world.socket.say(snapshot(10));
    expect(world.told).toEqual([{ whole: 10 }, { whole: 10 }]);
    first();
    first();
    expect(world.socket.asked).not.toContainEqual({ op: "unsubscribe", channel: CHANNEL });
    second();
    expect(world.socket.asked).toContainEqual({ op: "unsubscribe", channel: CHANNEL });
  });
});

describe("a connection", () => {
  test("that is cut is opened again, and goes on where it was", () => {
    const world = following();
    world.socket.cut();
    world.pass(500);
    world.socket.open();
    expect(world.sockets).toHaveLength(2);
    expect(world.socket.asked).toEqual([{ op: "resume", channel: CHANNEL, after: 10 }]);
    expect(world.standings).toEqual(["connecting", "live", "waiting", "connecting", "live"]);
  });

  test("that never stands is tried ever more patiently, up to a bound", () => {
    const world = following();
    for (const wait of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      world.socket.cut();
      world.pass(wait);
    }
    world.socket.open();
    world.socket.say(HEARTBEAT);
    world.socket.cut();
    expect(world.waits).toEqual([500]);
  });

  test("that is silent for longer than the server ever is counts as cut", () => {
    const world = following();
    world.socket.say(HEARTBEAT);
    expect(world.waits).toEqual([SILENCE_MS]);
    world.pass(SILENCE_MS);
    expect(world.socket.isClosed).toBe(true);
    expect(world.standings.at(-1)).toBe("waiting");
  });

  test("of another person begins anew, and what the old one still says is not heard", () => {
    const world = following();
    const old = world.socket;
    world.stream.reconnect();
    old.say(delta(11));
    old.cut();
    world.socket.open();
    expect(world.told).toEqual([{ whole: 10 }]);
    expect(world.socket.asked).toEqual([{ op: "subscribe", channel: CHANNEL }]);
  });

  test("that is closed is not opened again", () => {
    const world = following();
    world.stream.close();
    expect(world.waits).toEqual([]);
    expect(world.socket.isClosed).toBe(true);
  });
});

/**
 * A server that keeps its changes and a network that loses frames and cuts connections: whatever is lost, in the end
 * the follower was told every change after the latest whole once, in order.
 */
describe.each(Array.from({ length: 40 }, (_, seed) => seed + 1))("a network of seed %i", (first) => {
  test("loses no change for the one who follows", () => {
    let seed = first;
    const draw = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const world = new World();
    world.follow();
    let sequence = draw(5);
    const kept = draw(2) === 0 ? 4 : 1000;
    let begun = sequence;
    let isWatched = false;

    const answer = (loses: boolean): void => {
      for (const wish of world.socket.asked.splice(0)) {
        if (loses && draw(4) === 0) continue;
        isWatched = true;
        if (wish.op === "resume" && wish.after >= Math.max(begun, sequence - kept)) {
          world.socket.say(resumed(wish.after, sequence));
          for (let each = wish.after + 1; each <= sequence; each += 1) world.socket.say(delta(each));
        } else {
          world.socket.say(snapshot(sequence));
        }
      }
    };
    const reopen = (): void => {
      world.socket.cut();
      world.pass(Math.min(...world.waits));
      world.socket.open();
      isWatched = false;
    };

    world.socket.open();
    for (let step = 0; step < 120; step += 1) {
      const happening = draw(10);
      if (happening < 6) {
        sequence += 1;
        if (isWatched && draw(5) > 0) world.socket.say(delta(sequence));
      } else if (happening === 6) reopen();
      else if (happening === 7 && draw(3) === 0) {
        sequence += 100; // the server was started again, and counts from elsewhere
        begun = sequence;
        reopen();
      } else answer(true);
    }
    reopen();
    answer(false);
    sequence += 1;
    world.socket.say(delta(sequence));
    answer(false);

    const told = world.told as { whole?: number; change?: number }[];
    let last: number | undefined;
    for (const { whole, change } of told) {
      if (change !== undefined) expect(change).toBe((last ?? Number.NaN) + 1);
      last = whole ?? change;
    }
    expect(last).toBe(sequence);
  });
});
