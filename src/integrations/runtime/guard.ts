import type { CallbackTally } from "../../instruments/guarded-read.js";
import type { Probe, Reading } from "./probe.js";
import { silence, tally } from "./reading.js";

/**
 * A probe that cannot fail: none where it cannot be made, silent where the platform fails it later.
 *
 * After a failure gauges have nothing to say; counters keep their last total. Failures are counted,
 * in a series that appears with the first.
 * @param make - given the tally for what fails outside of `sample`: a hung or wrong answer
 */
export function guarded(make: (faults: CallbackTally) => Probe): Probe[] {
  const faults = { callbackErrors: 0 };
  try {
    return [new GuardedProbe(make(faults), faults)];
  } catch {
    return [];
  }
}

class GuardedProbe implements Probe {
  readonly name: string;
  readonly readings: Reading[];
  readonly stepMs: number | undefined;
  readonly #probe: Probe;
  readonly #tally: CallbackTally;
  #faults: Reading | undefined;
  #stopped = false;

  constructor(probe: Probe, tally: CallbackTally) {
    this.#probe = probe;
    this.#tally = tally;
    this.name = probe.name;
    this.readings = probe.readings;
    this.stepMs = probe.stepMs;
  }

  sample(elapsedMs: number): void {
    if (this.#stopped) return;
    try {
      this.#probe.sample(elapsedMs);
    } catch {
      this.#tally.callbackErrors++;
      for (const reading of this.readings) silence(reading);
    }
    if (this.#tally.callbackErrors > 0) this.#countFaults();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    try {
      this.#probe.stop?.();
    } catch {
      // Nothing is left to release.
    }
  }

  #countFaults(): void {
    if (this.#faults === undefined) {
      this.#faults = tally(
        "auspex.probe.faults",
        "{fault}",
        "Times a source of saturation failed, hung or made no sense.",
        { "auspex.probe.name": this.name },
      );
      this.readings.push(this.#faults);
    }
    this.#faults.value = this.#tally.callbackErrors;
  }
}
