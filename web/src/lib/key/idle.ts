/** The idle lock: watches whether a person is there, for a key that lies open on a table is to lock itself. */

export const IDLE_MS = 15 * 60 * 1000;

const SIGNS_OF_LIFE = ["pointerdown", "keydown"] as const;

/** Calls `left` once nothing was pressed for `idleMs`; returns the way to stop watching. */
export function watchIdle(left: () => void, idleMs = IDLE_MS, page: EventTarget = globalThis): () => void {
  let timer = setTimeout(left, idleMs);
  const stay = (): void => {
    clearTimeout(timer);
    timer = setTimeout(left, idleMs);
  };
  for (const sign of SIGNS_OF_LIFE) page.addEventListener(sign, stay, { passive: true });
  return () => {
    clearTimeout(timer);
    for (const sign of SIGNS_OF_LIFE) page.removeEventListener(sign, stay);
  };
}
