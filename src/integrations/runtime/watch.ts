import type { GaugeSeries } from "../../instruments/gauge.js";
import type { Instrument } from "../../instruments/instrument.js";
import type { Registry } from "../../instruments/registry.js";
import { runtimeProbes, type SaturationGroups } from "./index.js";
import type { Probe, Reading } from "./probe.js";

/** The probes of this process, written to their series. */
export interface RuntimeWatch {
  /** @param elapsedMs - since the previous sample */
  sample(elapsedMs: number): void;
  stop(): void;
}

type OnGauge = (instrument: Instrument<GaugeSeries>) => void;
type Write = () => void;

/**
 * @param onGauge - told each instrument that shows something that can run full, perhaps more than once
 * @param groups - those that are `false` are not watched; `probes` are for tests
 */
export function watchRuntime(
  registry: Registry,
  onGauge: OnGauge,
  groups: SaturationGroups = {},
  probes: readonly Probe[] = runtimeProbes(undefined, groups),
): RuntimeWatch {
  // A device that gave up its place takes its writers along.
  const writers = new WeakMap<Reading, Write>();
  const writerFor = (reading: Reading): Write => {
    const known = writers.get(reading);
    if (known !== undefined) return known;
    const write = writerOf(registry, reading, onGauge);
    writers.set(reading, write);
    return write;
  };
  for (const { readings } of probes) readings.forEach(writerFor);
  return {
    sample(elapsedMs) {
      for (const probe of probes) {
        probe.sample(elapsedMs);
        for (const reading of probe.readings) writerFor(reading)();
      }
    },
    stop() {
      for (const probe of probes) probe.stop?.();
    },
  };
}

function writerOf(registry: Registry, reading: Reading, onGauge: OnGauge): Write {
  if (reading.kind === "counter") return counterWriter(registry, reading);
  if (reading.kind === "histogram") return histogramWriter(registry, reading);
  return gaugeWriter(registry, reading, onGauge);
}

function counterWriter(registry: Registry, reading: Reading): Write {
  const { name, unit, description, attributes } = reading;
  const instrument = registry.counter({ name, unit, description, kind: "counter" });
  const series = registry.bindCounter(instrument, attributes);
  // What the source had counted before belongs to nobody's window, and to no total of this process.
  let last = reading.isFromZero ? 0 : reading.value;
  return () => {
    const grown = reading.value - last;
    // Added, not set: beyond the series limit several readings have one series.
    if (grown > 0) series.add(grown);
    last = reading.value;
  };
}

function gaugeWriter(registry: Registry, reading: Reading, onGauge: OnGauge): Write {
  const { name, unit, description, attributes, isUpDown } = reading;
  const instrument = registry.gauge({ name, unit, description, kind: "gauge", isUpDown });
  if (reading.isSaturation) onGauge(instrument);
  const series = registry.bindGauge(instrument, attributes);
  return () => {
    // Nothing to say this time: an old value must not stand as if it were new.
    if (Number.isNaN(reading.value)) series.value = Number.NaN;
    else series.set(reading.value);
    series.saturation = reading.saturation ?? Number.NaN;
  };
}

/** Values are in seconds, kept in microseconds. */
function histogramWriter(registry: Registry, reading: Reading): Write {
  const { name, unit, description, attributes, values = [] } = reading;
  const descriptor = { name, unit, description, kind: "histogram" } as const;
  const instrument = registry.histogram(descriptor, undefined, 1e6);
  const series = registry.bindHistogram(instrument, attributes);
  return () => {
    for (const value of values) series.record(value);
    values.length = 0;
  };
}
