import type { Attributes } from "../attributes/attributes.js";
import type { Instrument, Series } from "./instrument.js";

/** A counter bound to its attributes. */
export interface BoundCounter {
  /**
   * Adds to the counter. Hot path: no allocation.
   * Never throws; what is not a finite number ≥ 0 is dropped and counted.
   */
  add(value?: number): void;
}

export class CounterSeries implements Series, BoundCounter {
  id = -1;
  /** Sum since the series was admitted. */
  value = 0;
  /** `value` when the last interval closed. */
  closedValue = 0;
  lastActive = 0;
  bornAt = 0;

  constructor(
    private readonly instrument: Instrument<CounterSeries>,
    readonly attributes: Attributes,
  ) {}

  add(value?: number): void;
  add(given: unknown): void {
    // `add()` counts one; an `undefined` that was handed over is a value gone missing.
    // biome-ignore lint/complexity/noArguments: only it tells the two apart
    const value = arguments.length === 0 ? 1 : given;
    if (typeof value === "number" && value >= 0 && this.value + value < Number.POSITIVE_INFINITY) {
      if (this.id >= 0) this.value += value;
      else this.addUnadmitted(value);
    } else {
      this.drop(value);
    }
  }

  expired(): void {
    this.value = 0;
    this.closedValue = 0;
  }

  private addUnadmitted(value: number): void {
    const target = this.instrument.admit(this);
    target.value += value;
  }

  private drop(value: unknown): void {
    const { dropped } = this.instrument.tally;
    if (typeof value !== "number" || Number.isNaN(value)) dropped.notANumber++;
    else if (Number.isFinite(value)) dropped.negative++;
    else dropped.infinite++;
  }
}
