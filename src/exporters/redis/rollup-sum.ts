import type { ClosedHistogram } from "../../histogram/closed-histogram.js";
import { decodeGauge, decodeHistogram, decodeNumber, type GaugeWindow } from "./payload.js";
import type { ProcessRecord } from "./process-record.js";
import { tellerOf } from "./rollup-scope.js";
import type { KnownSeries, Layouts } from "./rollup-series.js";
import { decodeRollup, type FleetGauge, type RollupValue } from "./rollup-value.js";

/** Histograms are added up in batches: many processes are held as one sum and a few payloads. */
const BATCH = 64;

/** One series, added up over processes and over time: first what is rolled up, then raw windows. */
export class SeriesSum {
  readonly #processes = new Set<string>();
  /** The most that any roll-up had. */
  #pastProcesses = 0;
  #histograms: ClosedHistogram[] = [];
  #sum = 0;
  /** Of those who count the same thing: by whom it is about, and by process. */
  #shared: Map<string, Map<string, number>> | undefined;
  /** Of roll-ups, and of processes; of the one whose windows are being added, apart. */
  #past: FleetGauge | undefined;
  #gauge: FleetGauge | undefined;
  #own: (GaugeWindow & { readonly worst: string }) | undefined;

  constructor(
    readonly series: KnownSeries,
    private readonly layouts: Layouts,
  ) {}

  /**
   * Adds what one process did in one window. Gauges: process by process, windows in the order of time.
   * @returns false for a payload that cannot be read
   */
  addRaw(process: ProcessRecord, payload: Buffer): boolean {
    const { series } = this;
    if (series.kind === "histogram") {
      const histogram = decodeHistogram(payload, series.layout, series.scale);
      if (histogram === undefined) return false;
      this.#addHistogram(histogram);
    } else if (series.kind === "counter") {
      const count = decodeNumber(payload);
      if (count === undefined) return false;
      this.#addCount(process, count);
    } else {
      const gauge = decodeGauge(payload);
      if (gauge === undefined) return false;
      this.#addGauge(process.id, gauge);
    }
    this.#processes.add(process.id);
    return true;
  }

  /** Adds what all processes did in a later step. @returns false for a payload that cannot be read */
  addRollup(payload: Buffer): boolean {
    const value = decodeRollup(payload, this.series);
    if (value === undefined) return false;
    this.#pastProcesses = Math.max(this.#pastProcesses, value.processes);
    if ("histogram" in value) this.#addHistogram(value.histogram);
    else if ("sum" in value) this.#sum += value.sum;
    else this.#past = this.#past === undefined ? value.gauge : later(this.#past, value.gauge);
    return true;
  }

  /** How many processes have values in it; over several steps of a roll-up the most of any. */
  get processes(): number {
    return Math.max(this.#pastProcesses, this.#processes.size);
  }

  /** The sum so far; undefined while there is nothing. */
  value(): RollupValue | undefined {
    const { processes } = this;
    if (processes === 0) return undefined;
    const { kind } = this.series;
    if (kind === "counter") {
      let sum = this.#sum;
      for (const counts of this.#shared?.values() ?? []) sum += Math.max(...counts.values());
      return { processes, sum };
    }
    if (kind === "histogram") {
      this.#histograms = [this.layouts.pool(this.#histograms)];
      return { processes, histogram: this.#histograms[0] };
    }
    this.#closeOwn();
    const [past, now] = [this.#past, this.#gauge];
    const gauge = past !== undefined && now !== undefined ? later(past, now) : (past ?? now);
    return { processes, gauge: gauge as FleetGauge };
  }

  #addCount(process: ProcessRecord, count: number): void {
    const teller = tellerOf(this.series.descriptor.name, process);
    if (teller === process.id) {
      this.#sum += count;
      return;
    }
    this.#shared ??= new Map();
    const counts = this.#shared.get(teller) ?? new Map<string, number>();
    this.#shared.set(teller, counts.set(process.id, (counts.get(process.id) ?? 0) + count));
  }

  #addGauge(process: string, gauge: GaugeWindow): void {
    const own = this.#own;
    if (own?.worst === process) this.#own = { ...afterwards(own, gauge), worst: process };
    else {
      this.#closeOwn();
      this.#own = { ...gauge, worst: process };
    }
  }

  /** Puts what the process said beside what others did. */
  #closeOwn(): void {
    const own = this.#own;
    if (own === undefined) return;
    this.#gauge = this.#gauge === undefined ? own : beside(this.#gauge, own);
    this.#own = undefined;
  }

  #addHistogram(histogram: ClosedHistogram): void {
    if (this.#histograms.push(histogram) < BATCH) return;
    this.#histograms = [this.layouts.pool(this.#histograms)];
  }
}

/** The same process, later. */
export function afterwards(before: GaugeWindow, now: GaugeWindow): GaugeWindow {
  return { ...now, ...samplesOf(before, now), ...fullestOf(before, now) };
}

/** The same processes, later. */
function later(before: FleetGauge, now: FleetGauge): FleetGauge {
  const { worst } = fullness(now) >= fullness(before) ? now : before;
  return { ...afterwards(before, now), worst };
}

/** Another process at the same time. */
function beside(one: FleetGauge, other: FleetGauge): FleetGauge {
  const { worst } = fullness(other) > fullness(one) ? other : one;
  const last = one.last + other.last;
  const gauge = { last, ...samplesOf(one, other), ...fullestOf(one, other), worst };
  const saturation = larger(one.saturation, other.saturation);
  return saturation === undefined ? gauge : { ...gauge, saturation };
}

function samplesOf(one: GaugeWindow, other: GaugeWindow) {
  return {
    min: Math.min(one.min, other.min),
    max: Math.max(one.max, other.max),
    sum: one.sum + other.sum,
    samples: one.samples + other.samples,
  };
}

function fullestOf(one: GaugeWindow, other: GaugeWindow): { readonly saturationMax?: number } {
  const saturationMax = larger(one.saturationMax, other.saturationMax);
  return saturationMax === undefined ? {} : { saturationMax };
}

/** By how full it was, where it has a limit, else by its size. */
function fullness({ saturationMax, max }: GaugeWindow): number {
  return saturationMax === undefined || Number.isNaN(saturationMax) ? max : saturationMax;
}

/** NaN, of what has no limit, counts for less than any number and for more than nothing. */
function larger(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || Number.isNaN(one)) return other ?? one;
  if (other === undefined || Number.isNaN(other)) return one;
  return Math.max(one, other);
}
