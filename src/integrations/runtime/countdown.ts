/** Tells when something is due that is done less often than its probe is sampled. */
export class Countdown {
  #leftMs: number;

  /** @param firstMs - until the first time */
  constructor(
    private readonly everyMs: number,
    firstMs = everyMs,
  ) {
    this.#leftMs = firstMs;
  }

  /** A lapse that is no number makes it due: better once too often than never. */
  isDue(elapsedMs: number): boolean {
    if ((this.#leftMs -= elapsedMs) > 0) return false;
    this.#leftMs = this.everyMs;
    return true;
  }
}
