import type { AsyncLocalStorage } from "node:async_hooks";
import type { Bound } from "./bound.js";
import { Call } from "./call.js";
import type { Scope } from "./scope.js";
import { isStream } from "./streams/follow.js";

/** Work that other work belongs to: what it calls finds it, and so does the body of a generator. */
export abstract class ScopedCall extends Call {
  protected abstract readonly scope: Scope;
  private readonly storage: AsyncLocalStorage<Scope>;

  constructor(bound: Bound, started: number) {
    super(bound, started);
    this.storage = bound.context.shared.storage;
  }

  override run<T>(work: () => T): T {
    return this.storage.run(this.scope, () => super.run(work));
  }

  /** What it hands out piece by piece, by whatever kind of stream, is its work. */
  protected override inspect(value: unknown): object | string | undefined {
    return typeof value === "object" && value !== null && isStream(value) ? value : undefined;
  }

  within<T>(step: () => T): T {
    return this.storage.run(this.scope, step);
  }
}
