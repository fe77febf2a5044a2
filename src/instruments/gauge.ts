import type { Attributes } from "../attributes/attributes.js";
import type { Instrument, Series } from "./instrument.js";

/** A gauge bound to its attributes. */
export interface BoundGauge {
  /** Sets the current value. Hot path: no allocation. Never throws; not finite: dropped and counted. */
  set(value: number): void;
}

export class GaugeSeries implements Series, BoundGauge {
  id = -1;
  /** NaN until set. */
  value = Number.NaN;
  /** 0…1 where the thing measured has a limit, else NaN. */
  saturation = Number.NaN;
  lastActive = 0;
  bornAt = 0;

  constructor(
    private readonly instrument: Instrument<GaugeSeries>,
    readonly attributes: Attributes,
  ) {}

  set(value: number): void {
    if (typeof value === "number" && value - value === 0) {
      const target = this.id >= 0 ? this : this.instrument.admit(this);
      target.value = value;
    } else if (typeof value !== "number" || Number.isNaN(value)) {
      this.instrument.tally.dropped.notANumber++;
    } else {
      this.instrument.tally.dropped.infinite++;
    }
  }
}
