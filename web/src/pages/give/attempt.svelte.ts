/** One try at a time at something that may fail or be declined: whether it is on its way, how it ended. */

import { Declined } from "../../lib/signing/signer";

export class Attempt<Made> {
  isBusy = $state(false);
  failure = $state.raw<unknown>();
  made = $state.raw<Made>();

  /** Tries; a person who says no is not told that something failed. `undefined`: nothing came of it yet. */
  async make(act: () => Promise<Made | undefined>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    this.failure = undefined;
    try {
      this.made = await act();
    } catch (failure) {
      if (!(failure instanceof Declined)) this.failure = failure;
    } finally {
      this.isBusy = false;
    }
  }

  /** Forgets how the last try ended. */
  again(): void {
    this.made = undefined;
    this.failure = undefined;
  }
}
