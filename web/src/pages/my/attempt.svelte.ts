/** One act of a page at a time: whether it is under way, and why the last one failed. What a person declined is no failure. */

import { Declined } from "../../lib/signing/signer";

export class Attempt {
  isBusy = $state(false);
  failure = $state.raw<unknown>();

  /** Does it; tells whether it was done. */
  async do(act: () => Promise<void>): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.failure = undefined;
    try {
      await act();
      return true;
    } catch (reason) {
      if (!(reason instanceof Declined)) this.failure = reason;
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
