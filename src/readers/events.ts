import { guardedCall, isThenable, silence } from "../diag/guarded-call.js";
import type { AuspexEvent, EventMap } from "../snapshot/events.js";

type Listener = (event: AuspexEvent) => void;

/** Who listens to anomalies, alerts, incidents and insights. What a listener throws stops nothing. */
export class Events {
  readonly #listeners = new Map<keyof EventMap, Set<Listener>>();

  /** @param tally - counts listeners that threw */
  constructor(private readonly tally: { callbackErrors: number }) {}

  /** @returns stop */
  on<T extends keyof EventMap>(type: T, listener: (event: EventMap[T]) => void): () => void {
    const known = this.#listeners.get(type) ?? new Set<Listener>();
    this.#listeners.set(type, known);
    // A wrapper of its own: the same function may listen twice, and each stops alone.
    const each: Listener = (event) => listener(event as EventMap[T]);
    known.add(each);
    return () => void known.delete(each);
  }

  emit(event: AuspexEvent): void {
    for (const listener of [...(this.#listeners.get(event.type) ?? [])]) {
      guardedCall(() => {
        const answer: unknown = listener(event);
        if (isThenable(answer)) silence(answer);
      }, this.tally);
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
