import { guardedCall } from "../../diag/guarded-call.js";
import type { OperationSnapshot, SaturationSnapshot } from "../../snapshot/model.js";
import { HOUR } from "./decay.js";
import type { OperationWindow } from "./operation-window.js";
import type { ResolvedDetectionOptions } from "./options.js";
import type { SaturationWindow } from "./saturation-watch.js";
import type { DetectionState } from "./saved.js";
import type { Tracked } from "./tracked.js";
import { type Further, Watches } from "./watches.js";

/** Not in the snapshots for so long: let go, and what is usual kept, should it come back. */
const FORGET_MS = 4 * HOUR;

export interface WatchedOperation {
  readonly signals: readonly Tracked<OperationWindow>[];
  readonly further: readonly Further[];
  lastSeen: number;
}

interface WatchedSaturation {
  readonly tracked: Tracked<SaturationWindow>;
  lastSeen: number;
}

type Entry = readonly [key: string, tracked: Tracked<never>];

/** The operations and saturations that are watched, each by its key, and no more than the limit. */
export class Watched {
  readonly #operations = new Map<string, WatchedOperation>();
  readonly #saturations = new Map<string, WatchedSaturation>();
  readonly #keys = new WeakMap<object, string>();
  readonly #watches: Watches;
  #isLimitTold = false;

  /**
   * @param tally - counts what detectors and filters of the host threw
   * @param onLimit - called once, when the first one is turned away
   */
  constructor(
    private readonly options: ResolvedDetectionOptions,
    private readonly tally: { callbackErrors: number },
    private readonly state: Pick<DetectionState, "give" | "take">,
    private readonly onLimit: () => void,
  ) {
    this.#watches = new Watches(options, tally);
  }

  /** Begins to watch it where it is new. @returns undefined where it is not to be watched */
  operation(operation: OperationSnapshot, now: number): WatchedOperation | undefined {
    const key = this.#keyOf(operation);
    let watched = this.#operations.get(key);
    if (watched === undefined) {
      if (this.#isFull() || !this.#isWanted(operation)) return undefined;
      const signals = this.#watches.signalsOf(operation);
      watched = { signals, further: this.#watches.furtherOf(operation), lastSeen: now };
      this.#operations.set(key, watched);
      for (const entry of [...signalsOf(key, watched), ...furtherOf(key, watched)]) {
        this.state.give(...entry);
      }
    }
    watched.lastSeen = now;
    return watched;
  }

  /** Begins to watch it where it is new. @returns undefined where there is no room */
  saturation(saturation: SaturationSnapshot, now: number): Tracked<SaturationWindow> | undefined {
    const key = this.#keyOf(saturation);
    let watched = this.#saturations.get(key);
    if (watched === undefined) {
      if (this.#isFull()) return undefined;
      watched = { tracked: this.#watches.saturationOf(saturation), lastSeen: now };
      this.#saturations.set(key, watched);
      this.state.give(...saturationOf(key, watched));
    }
    watched.lastSeen = now;
    return watched.tracked;
  }

  /** Detectors of the host's that watch it. */
  furtherOf(operation: OperationSnapshot): readonly Further[] {
    return this.#operations.get(this.#keyOf(operation))?.further ?? [];
  }

  operations(): Iterable<WatchedOperation> {
    return this.#operations.values();
  }

  /** Further detectors last: where there is no room to save all, they go without. */
  *entries(): Generator<Entry> {
    for (const each of this.#operations) yield* signalsOf(...each);
    for (const each of this.#saturations) yield saturationOf(...each);
    for (const each of this.#operations) yield* furtherOf(...each);
  }

  /** @param close - is given each operation before it is let go of */
  forget(now: number, close: (watched: WatchedOperation) => void): void {
    for (const [key, watched] of this.#operations) {
      if (now - watched.lastSeen <= FORGET_MS) continue;
      close(watched);
      for (const entry of [...signalsOf(key, watched), ...furtherOf(key, watched)]) {
        this.state.take(...entry);
      }
      this.#operations.delete(key);
    }
    for (const [key, watched] of this.#saturations) {
      if (now - watched.lastSeen <= FORGET_MS) continue;
      this.state.take(...saturationOf(key, watched));
      this.#saturations.delete(key);
    }
  }

  #isFull(): boolean {
    if (this.#operations.size + this.#saturations.size < this.options.limit) return false;
    if (!this.#isLimitTold) this.onLimit();
    this.#isLimitTold = true;
    return true;
  }

  #isWanted({ name, attributes, instrument }: OperationSnapshot): boolean {
    const answer = guardedCall(
      () => this.options.filter({ name, attributes, instrument }),
      this.tally,
    );
    return answer !== false;
  }

  #keyOf({
    name,
    attributes,
    instrument = "",
  }: Pick<OperationSnapshot, "name" | "attributes"> & { readonly instrument?: string }): string {
    let key = this.#keys.get(attributes);
    if (key === undefined) {
      key = JSON.stringify(attributes);
      this.#keys.set(attributes, key);
    }
    return `${instrument} ${name} ${key}`;
  }
}

function signalsOf(key: string, { signals }: WatchedOperation): readonly Entry[] {
  return signals.map((tracked) => [`${key} ${tracked.signal}`, tracked as Tracked<never>]);
}

function furtherOf(key: string, { further }: WatchedOperation): readonly Entry[] {
  return further.map(({ tracked }) => {
    return [`${key} further ${tracked.detector}`, tracked as Tracked<never>];
  });
}

function saturationOf(key: string, { tracked }: WatchedSaturation): Entry {
  return [`${key} saturation`, tracked as Tracked<never>];
}
