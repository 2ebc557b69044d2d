/** Whose ledger is shown: one's own, or that of a child one is the guardian of. It lasts as long as the page. */

class Whom {
  /** The child's address; undefined for oneself. */
  ward = $state<string>();

  /** For the server's `ward` parameter, which leaves out null. */
  get query(): { ward: string | null } {
    return { ward: this.ward ?? null };
  }
}

export const whom = new Whom();
