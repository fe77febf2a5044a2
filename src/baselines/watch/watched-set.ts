import type { AttributesData } from "../../snapshot/model.js";
import { isSaved, type Saved, type Subject, Watched } from "./watched.js";

/** A series without a value for so long makes room for a new one… */
const IDLE_MS = 86_400_000;
/** …and is forgotten for good after this. */
const FORGOTTEN_MS = 35 * 86_400_000;

/**
 * The series that are learned, at most so many. What was saved of a series waits, as it was saved, until the
 * series shows up again.
 */
export class WatchedSet {
  readonly #known = new Map<string, Watched>();
  readonly #dormant = new Map<string, Saved>();
  readonly #keys = new WeakMap<AttributesData, string>();
  /** Times a new series was turned away because there was no room. */
  turnedAway = 0;

  constructor(private readonly most: number) {}

  get size(): number {
    return this.#known.size;
  }

  [Symbol.iterator](): IterableIterator<Watched> {
    return this.#known.values();
  }

  has(watched: Watched): boolean {
    return this.#known.get(watched.key) === watched;
  }

  /** Get or create. @returns undefined when there is no room */
  of(subject: Subject, nowMs: number): Watched | undefined {
    const key = this.#keyOf(subject);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= this.most && !this.#makeRoom(nowMs)) {
      this.turnedAway++;
      return undefined;
    }
    const watched = new Watched(key, subject);
    const saved = this.#dormant.get(key);
    if (saved !== undefined) watched.restore(saved);
    this.#dormant.delete(key);
    this.#known.set(key, watched);
    return watched;
  }

  save(nowMs: number): readonly (Watched | Saved)[] {
    const recent = [...this.#dormant.values()].filter(
      ({ seenMs }) => nowMs - seenMs < FORGOTTEN_MS,
    );
    return [...this.#known.values(), ...recent].slice(0, this.most);
  }

  /** @returns false for what is no list of series */
  restore(state: unknown): boolean {
    if (!Array.isArray(state)) return false;
    for (const saved of state.slice(0, this.most) as unknown[]) {
      if (!isSaved(saved)) continue;
      const known = this.#known.get(saved.key);
      // The store was away at the start: what was saved is worth more than some minutes.
      if (known === undefined) this.#dormant.set(saved.key, saved);
      else known.restore(saved);
    }
    return true;
  }

  #makeRoom(nowMs: number): boolean {
    let oldest: Watched | undefined;
    for (const watched of this.#known.values()) {
      if (watched.seenMs < (oldest?.seenMs ?? Number.POSITIVE_INFINITY)) oldest = watched;
    }
    if (oldest === undefined || nowMs - oldest.seenMs < IDLE_MS) return false;
    this.#known.delete(oldest.key);
    return true;
  }

  #keyOf({ operation, attributes, instrument, signal, limited }: Subject): string {
    let pairs = this.#keys.get(attributes);
    if (pairs === undefined) {
      const names = Object.keys(attributes).sort();
      pairs = JSON.stringify(names.map((name) => [name, attributes[name]]));
      this.#keys.set(attributes, pairs);
    }
    // What has got a limit since is another series: its values are shares.
    return `${JSON.stringify([signal, limited, instrument, operation])}${pairs}`;
  }
}
