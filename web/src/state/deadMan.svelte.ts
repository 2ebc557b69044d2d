/**
 * The dead-man switch: while a page of the market is open in this tab it says that one is still here. When it no longer
 * does, the book cancels all orders.
 */

import { beat } from "./placing.svelte";
import { session } from "./session.svelte";

/** A browser wakes a tab that nobody looks at once in a minute only: a shorter time would cancel under its hands. */
export const DEAD_MAN_S = 180;
const EVERY_MS = 20_000;
/** Whose switch is on in this tab, so that loading a page anew does not turn it off. */
const KEPT = "tanyu.dead-man";

class DeadMan {
  #account = $state(sessionStorage.getItem(KEPT));
  /** When the orders will be cancelled without another word. */
  until = $state<string | null>(null);
  failure = $state.raw<unknown>();

  get isOn(): boolean {
    return this.#account !== null && this.#account === session.account;
  }

  set isOn(isOn: boolean) {
    this.#account = isOn ? (session.account ?? null) : null;
    if (this.#account === null) sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, this.#account);
    if (!isOn) void this.#say(0);
  }

  /** Keeps saying it while it is on, until the function that it gives back is called. */
  keep(): (() => void) | undefined {
    if (!this.isOn) return undefined;
    void this.#say(DEAD_MAN_S);
    const timer = setInterval(() => void this.#say(DEAD_MAN_S), EVERY_MS);
    return () => clearInterval(timer);
  }

  async #say(seconds: number): Promise<void> {
    try {
      this.until = (await beat(seconds)).until;
      this.failure = undefined;
    } catch (reason) {
      this.failure = reason;
    }
  }
}

export const deadMan = new DeadMan();
