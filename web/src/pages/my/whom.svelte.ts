/** Whose ledger is shown: one's own, or that of a child one is the guardian of. It lasts as long as the page. */

import { session } from "../../state/session.svelte";

class Whom {
  /** A child's address, and whose session chose it: nobody who signs in later is shown another's choice. */
  #chosen = $state.raw<{ ward: string; by: string | undefined }>();

  /** The child's address; undefined for oneself, and for whoever is not in the care of who is signed in. */
  get ward(): string | undefined {
    const chosen = this.#chosen;
    if (chosen === undefined || chosen.by !== session.account || !isWard(chosen.ward)) return undefined;
    return chosen.ward;
  }

  set ward(ward: string | undefined) {
    this.#chosen = ward === undefined ? undefined : { ward, by: session.account };
  }

  /** For the server's `ward` parameter, which leaves out null. */
  get query(): { ward: string | null } {
    return { ward: this.ward ?? null };
  }
}

export const whom = new Whom();

/** Whether an address is of a child whose guardian is signed in. */
export const isWard = (address: string): boolean => session.member?.wards.includes(address) === true;
