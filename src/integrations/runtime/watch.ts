import type { GaugeSeries } from "../../instruments/gauge.js";
import type { Instrument } from "../../instruments/instrument.js";
import type { Registry } from "../../instruments/registry.js";
import { runtimeProbes } from "./index.js";
import type { Reading } from "./probe.js";

/** The probes of this process, written to their series. */
export interface RuntimeWatch {
  /** @param elapsedMs - since the previous sample */
  sample(elapsedMs: number): void;
  stop(): void;
}

/** @param onGauge - told each instrument that shows something that can run full */
export function watchRuntime(
  registry: Registry,
  onGauge: (instrument: Instrument<GaugeSeries>) => void,
): RuntimeWatch {
  const probes = runtimeProbes();
  const writers = probes.flatMap((probe) => {
    return probe.readings.map((reading) => writer(registry, reading, onGauge));
  });
  return {
    sample(elapsedMs) {
      for (const probe of probes) probe.sample(elapsedMs);
      for (const write of writers) write();
    },
    stop() {
      for (const probe of probes) probe.stop();
    },
  };
}

function writer(
  registry: Registry,
  reading: Reading,
  onGauge: (instrument: Instrument<GaugeSeries>) => void,
): () => void {
  const { name, unit, description, attributes } = reading;
  if (reading.kind === "counter") {
    const instrument = registry.counter({ name, unit, description, kind: "counter" });
    const series = registry.bindCounter(instrument, attributes);
    let known = false;
    return () => {
      if (!(reading.value >= series.value)) return;
      // What the total was before the first sample belongs to nobody's window.
      if (!known) series.closedValue = reading.value;
      known = true;
      series.value = reading.value;
    };
  }
  const instrument = registry.gauge({ name, unit, description, kind: "gauge" });
  onGauge(instrument);
  const series = registry.bindGauge(instrument, attributes);
  return () => {
    // Nothing to say this time: an old value must not stand as if it were new.
    if (Number.isNaN(reading.value)) series.value = Number.NaN;
    else series.set(reading.value);
    series.saturation = reading.saturation ?? Number.NaN;
  };
}
