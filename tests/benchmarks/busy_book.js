// Makes a book busy: deltas of the page's own WebSocket, in the server's place and true to docs/stream.md, one level a time.
(() => {
  const CRC = Array.from({ length: 256 }, (_, at) => {
    let value = at;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value >>> 0;
  });
  const crc32 = (text) =>
    (~[...text].reduce((sum, letter) => (sum >>> 8) ^ CRC[(sum ^ letter.charCodeAt(0)) & 255], 0xffffffff)) >>> 0;

  let socket;
  let book;
  let updates = 0;
  let askedAgain;
  let timer;
  const frames = [];
  const delays = [];

  const onMessage = (event) => {
    const frame = JSON.parse(event.data);
    if (frame.type === "snapshot" && frame.channel.startsWith("book:")) book = frame;
  };
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      socket = this;
      this.addEventListener("message", onMessage);
    }
    send(text) {
      const { op, channel } = JSON.parse(text);
      if (timer !== undefined && channel === book.channel && op !== "ping") askedAgain ??= updates - 1;
      super.send(text);
    }
  };

  const change = () => {
    const { data } = book;
    const side = updates % 2 === 0 && data.asks.length > 0 ? data.asks : data.bids.length > 0 ? data.bids : data.asks;
    const level = side[updates % Math.min(side.length, 10)];
    level.lots = `${1 + (updates % 97)}`;
    const best = [...data.asks.slice(0, 10), ...data.bids.slice(0, 10)];
    data.checksum = crc32(best.map(({ pricePerKg, lots, orders }) => `${pricePerKg}:${lots}:${orders}`).join(","));
    book.sequence += 1;
    updates += 1;
    const changed = { ...data, bids: side === data.bids ? [level] : [], asks: side === data.asks ? [level] : [] };
    const frame = { type: "delta", channel: book.channel, sequence: book.sequence, data: changed };
    socket.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  };

  const drawn = (at) => {
    frames.push(at);
    if (timer !== undefined) requestAnimationFrame(drawn);
  };

  new PerformanceObserver((list) => {
    for (const { name, startTime, processingStart } of list.getEntries())
      if (name === "keydown") delays.push(processingStart - startTime);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });

  window.busy = {
    isReady: () => book !== undefined && book.data.asks.length + book.data.bids.length > 0,
    start: (perS) => {
      const began = performance.now();
      timer = setInterval(() => {
        while (updates < ((performance.now() - began) * perS) / 1000) change();
      }, 1000 / perS);
      requestAnimationFrame(drawn);
    },
    stop: () => {
      clearInterval(timer);
      timer = undefined;
      const gaps = frames.slice(1).map((at, n) => at - frames[n]);
      const worst = delays.toSorted((a, b) => a - b);
      return {
        updates,
        taken_up: askedAgain ?? updates,
        frames_per_s: ((frames.length - 1) * 1000) / (frames.at(-1) - frames[0]),
        late_frames: gaps.filter((gap) => gap > 50).length,
        input_delay_ms: worst[Math.floor(worst.length * 0.95)] ?? 0,
      };
    },
  };
})();
