/** Something that a person asked for and that takes a moment: whether it is under way, and what went wrong. */

import { Declined } from "../lib/signing/signer";

export class Acting {
  isBusy = $state(false);
  failure = $state.raw<unknown>();

  /** Does it, unless something is under way, and gives back whether it was done. To have declined a signature is no failure. */
  async run(doing: () => Promise<unknown>): Promise<boolean> {
    if (this.isBusy) return false;
    this.failure = undefined;
    this.isBusy = true;
    try {
      await doing();
      return true;
    } catch (reason) {
      if (!(reason instanceof Declined)) this.failure = reason;
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
