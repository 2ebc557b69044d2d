/** Order numbers at hand: some asked for at a time, used before they end, taken back from refused orders. */

/** Numbers `from` to `to`, both included, until `expires`. */
export interface Lease {
  readonly from: string;
  readonly to: string;
  readonly expires: string;
}

export interface OrderNumber {
  readonly number: bigint;
  readonly endsMs: number;
}

/** How long before its end a number is left alone: the order still has to come in, and clocks differ. */
const SPARE_MS = 5 * 60_000;

export class NumberStock {
  #held: OrderNumber[] = [];
  #asked: Promise<void> | undefined;

  constructor(
    readonly lease: () => Promise<Lease>,
    readonly nowMs: () => number = Date.now,
  ) {}

  /** One number, each once. Throws what the book refuses with. */
  async take(): Promise<OrderNumber> {
    const good = this.nowMs() + SPARE_MS;
    this.#held = this.#held.filter(({ endsMs }) => endsMs > good);
    while (this.#held.length === 0) {
      this.#asked ??= this.#ask().finally(() => {
        this.#asked = undefined;
      });
      await this.#asked; // others who waited for the same may be quicker
    }
    return this.#held.shift() as OrderNumber;
  }

  /** Keeps a number for the next order: the one that was to have it was refused, or never signed. */
  giveBack(unused: OrderNumber): void {
    this.#held.unshift(unused);
  }

  async #ask(): Promise<void> {
    const given = await this.lease();
    const endsMs = Date.parse(given.expires);
    for (let number = BigInt(given.from); number <= BigInt(given.to); number += 1n) this.#held.push({ number, endsMs });
  }
}
