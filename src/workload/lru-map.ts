/** A map of at most `limit` entries: what was used longest ago makes room, and is counted. */
export class LruMap<K, V> {
  readonly #entries = new Map<K, V>();
  #forgotten = 0;
  /** Used last: nothing is to be moved for it. */
  #newest: K | undefined;

  /** @param onForgotten - told of what had to make room */
  constructor(
    readonly limit: number,
    private readonly onForgotten?: (key: K, value: V) => void,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Entries that had to make room, since the start. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Without a use of it. */
  peek(key: K): V | undefined {
    return this.#entries.get(key);
  }

  getOrMake(key: K, make: () => V): V {
    const known = this.#entries.get(key);
    if (known !== undefined && key === this.#newest) return known;
    const value = known ?? make();
    this.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    if (this.#entries.size <= this.limit) return;
    const [oldest] = this.#entries;
    if (oldest === undefined) return;
    this.#entries.delete(oldest[0]);
    this.#forgotten++;
    this.onForgotten?.(...oldest);
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  entries(): IterableIterator<[K, V]> {
    return this.#entries.entries();
  }

  values(): IterableIterator<V> {
    return this.#entries.values();
  }
}
