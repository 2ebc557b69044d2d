/** One try at a time at something that may fail or be declined, and what it made. */

import { Acting } from "../../state/acting.svelte";

export class Attempt<Made> extends Acting {
  made = $state.raw<Made>();

  /** Tries. `undefined`: nothing came of it yet. */
  async make(act: () => Promise<Made | undefined>): Promise<void> {
    await this.run(async () => {
      this.made = await act();
    });
  }

  /** Forgets how the last try ended. */
  again(): void {
    this.made = undefined;
    this.failure = undefined;
  }
}
