/** Most results that are kept for the time when there is nothing better. */
const MOST = 16;

/** The last good result of each kind; those asked for longest ago make room. */
export class LastKnown {
  readonly #results = new Map<string, unknown>();

  keep<T>(key: string, result: T): T {
    this.#results.delete(key);
    this.#results.set(key, result);
    for (const oldest of this.#results.keys()) {
      if (this.#results.size <= MOST) break;
      this.#results.delete(oldest);
    }
    return result;
  }

  get<T>(key: string): T | undefined {
    return this.#results.get(key) as T | undefined;
  }
}
