/** Changes come as fast as they like; what is shown changes once a frame of the screen. */

/** Calls `show` in the next frame, once, however often it is asked to; `stop` forgets it. */
export function oncePerFrame(
  show: () => void,
  nextFrame: (act: () => void) => number = requestAnimationFrame,
  forget: (handle: number) => void = cancelAnimationFrame,
): { ask: () => void; stop: () => void } {
  let waiting: number | undefined;
  return {
    ask() {
      waiting ??= nextFrame(() => {
        waiting = undefined;
        show();
      });
    },
    stop() {
      if (waiting !== undefined) forget(waiting);
      waiting = undefined;
    },
  };
}
