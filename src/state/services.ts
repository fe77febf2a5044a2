/** Where detectors, SLOs and alerts keep what they have learned. Values are text, keys are paths. */
export interface StateStore {
  readonly name: string;
  /** Undefined when there is none. May reject. */
  load(key: string): Promise<string | undefined>;
  /** Replaces the value as a whole: a reader sees the old one or the new one. May reject. */
  save(key: string, value: string): Promise<void>;
}

/** The right to do one thing alone among many processes, for a short time. */
export interface Lease {
  /**
   * Takes or renews it.
   * @returns the fencing token while held, larger with each new holder; 0: another process holds it, or
   * nobody can tell. Never rejects.
   */
  hold(): Promise<number>;
  release(): Promise<void>;
}

/** What a shared store, Redis say, offers the processes of a fleet beside their metrics. */
export interface FleetServices {
  readonly store: StateStore;
  /** @param name - what is to be done alone @param ttlMs - how long it is held without renewal */
  lease(name: string, ttlMs: number): Lease;
  /** Tells all processes that listen. Never blocks or throws; what cannot be sent is counted. */
  publish(channel: string, message: string): void;
  /**
   * Replaces a hash as a whole, for programs in any language to read; it is gone after `ttlMs`. Never one
   * that is somebody else's. May reject.
   */
  writeHash(name: string, fields: Readonly<Record<string, string>>, ttlMs: number): Promise<void>;
}
