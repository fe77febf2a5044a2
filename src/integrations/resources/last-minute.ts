const LENGTH_MS = 60_000;
/** Samples are a second apart at least. */
const ROWS = 60;

/** Sums of two figures over the samples of the last minute. Fixed memory. */
export class LastMinute {
  elapsedMs = 0;
  first = 0;
  second = 0;
  readonly #elapsed = new Float64Array(ROWS);
  readonly #first = new Float64Array(ROWS);
  readonly #second = new Float64Array(ROWS);
  #next = 0;

  /** Takes a sample and sums anew: running sums would drift. */
  push(elapsedMs: number, first: number, second: number): void {
    this.#elapsed[this.#next] = elapsedMs;
    this.#first[this.#next] = first;
    this.#second[this.#next] = second;
    this.#next = (this.#next + 1) % ROWS;
    this.elapsedMs = 0;
    this.first = 0;
    this.second = 0;
    for (let back = 1; back <= ROWS && this.elapsedMs < LENGTH_MS; back++) {
      const row = (this.#next + ROWS - back) % ROWS;
      this.elapsedMs += this.#elapsed[row];
      this.first += this.#first[row];
      this.second += this.#second[row];
    }
  }
}
