import { figure } from "../../baselines/words.js";
import type { Snapshot } from "../../snapshot/model.js";
import type { Finding } from "./teller.js";

/** Windows of 10 s: what was high within three minutes before errors rose preceded them. */
const LEAD = 18;
/** Errors rise when three windows together have so many, of so much work, so much above the last ten minutes. */
const RISE_WINDOWS = 3;
const USUAL_WINDOWS = 60;
const LEAST_TRAFFIC = 10;
const LEAST_RATIO = 0.05;
const RISE = 3;
const LEAST_RISES = 3;
const LEAST_HIT_SHARE = 0.75;
/** How likely it may be that chance alone did it, over all series that were looked at. */
const MOST_CHANCE = 0.01;
const MAX_CANDIDATES = 200;
const WARM_UP = 60;
/** A day of windows; what is older counts half. */
const MEMORY_WINDOWS = 8640;
const GPU_CELSIUS = 85;
const FULL = 0.9;
const SIGMAS = 2;
/** Smoothing of the usual level of what has no limit: half an hour. */
const ALPHA = 2 / (180 + 1);

class Candidate {
  readonly what: string;
  /** Windows that a rise could have come after, and those that something high had preceded. */
  windows = 0;
  precededWindows = 0;
  rises = 0;
  precededRises = 0;
  seenAt = 0;
  #highAt = Number.NEGATIVE_INFINITY;
  #samples = 0;
  #mean = 0;
  #variance = 0;
  limitText = "";

  constructor(
    readonly name: string,
    readonly unit: string,
    attributes: string,
  ) {
    this.what = attributes === "" ? name : `${name} (${attributes})`;
  }

  /** Whether it was high in the windows before this one. */
  isPreceding(at: number): boolean {
    return at - this.#highAt <= LEAD && this.#highAt < at;
  }

  see(at: number, value: number, saturation: number | undefined): void {
    this.seenAt = at;
    if (this.#isHigh(value, saturation)) this.#highAt = at;
  }

  look(at: number): void {
    this.windows++;
    if (this.isPreceding(at)) this.precededWindows++;
    if (this.windows < MEMORY_WINDOWS) return;
    this.windows /= 2;
    this.precededWindows /= 2;
    this.rises /= 2;
    this.precededRises /= 2;
  }

  #isHigh(value: number, saturation: number | undefined): boolean {
    if (this.name === "hw.temperature") {
      this.limitText = `above ${GPU_CELSIUS} °C`;
      return value > GPU_CELSIUS;
    }
    if (saturation !== undefined) {
      this.limitText = `at ${FULL * 100} % of its limit or more`;
      return saturation >= FULL;
    }
    const limit = this.#mean + SIGMAS * Math.sqrt(this.#variance);
    const isHigh = this.#samples >= WARM_UP && value > limit && this.#variance > 0;
    this.limitText = `unusually high (above ${figure(limit, this.unit === "1" ? "" : this.unit)})`;
    const alpha = Math.max(ALPHA, 1 / ++this.#samples);
    const off = value - this.#mean;
    this.#mean += alpha * off;
    this.#variance = (1 - alpha) * (this.#variance + alpha * off * off);
    return isHigh;
  }
}

/**
 * What tends to be high shortly before errors rise.
 *
 * For each saturation and gauge it counts how often errors rose after it was high, and how often it was high
 * before any other moment. It tells of one when at least three rises were seen, three quarters of them were
 * preceded, and chance would do that in less than 1 of 100 cases, however many series were looked at
 * (binomial tail, Bonferroni). 200 bytes a series, of which there are 200 at most.
 */
export class Association {
  readonly #candidates = new Map<string, Candidate>();
  #at = 0;
  /** The last windows, oldest first. */
  #windows: { errors: number; traffic: number }[] = [];
  #isRisen = false;

  /** One window of 10 s. @returns what to tell: at a rise, the series that its evidence is enough for */
  *look(snapshot: Snapshot): Generator<void, { key: string; finding: Finding }[]> {
    this.#at++;
    const isRise = this.#rises(snapshot);
    // What was high before this window; this window's own values come after the rise.
    for (const candidate of this.#candidates.values()) {
      if (!isRise) {
        candidate.look(this.#at);
        continue;
      }
      candidate.rises++;
      if (candidate.isPreceding(this.#at)) candidate.precededRises++;
    }
    yield;
    this.#see(snapshot);
    return isRise ? this.#findings() : [];
  }

  #rises({ operations }: Snapshot): boolean {
    const window = { errors: 0, traffic: 0 };
    for (const { errors, traffic } of operations) {
      window.errors += errors.count;
      window.traffic += traffic.count;
    }
    this.#windows.push(window);
    if (this.#windows.length > USUAL_WINDOWS + RISE_WINDOWS) this.#windows.shift();
    const now = sumOf(this.#windows.slice(-RISE_WINDOWS));
    const usual = sumOf(this.#windows.slice(0, -RISE_WINDOWS));
    const ratio = now.traffic === 0 ? 0 : now.errors / now.traffic;
    const usually = usual.traffic === 0 ? 0 : usual.errors / usual.traffic;
    const isHigh = now.traffic >= LEAST_TRAFFIC && ratio >= LEAST_RATIO && ratio >= RISE * usually;
    const wasRisen = this.#isRisen;
    if (isHigh) this.#isRisen = true;
    else if (ratio < LEAST_RATIO / 2) this.#isRisen = false;
    return isHigh && !wasRisen;
  }

  #see({ saturation, gauges }: Snapshot): void {
    for (const each of saturation) this.#one(each, each.max, each.saturation);
    for (const each of gauges) this.#one(each, each.max, undefined);
    for (const [key, { seenAt }] of this.#candidates) {
      if (this.#at - seenAt > MEMORY_WINDOWS) this.#candidates.delete(key);
    }
  }

  #one(
    { name, attributes, unit }: Pick<Snapshot["gauges"][number], "name" | "attributes" | "unit">,
    value: number,
    saturation: number | undefined,
  ): void {
    if (!Number.isFinite(value) || name.startsWith("auspex.series.")) return;
    const described = Object.entries(attributes)
      .map(([key, of]) => `${key}=${of}`)
      .join(", ");
    const key = `${name}\0${described}`;
    let candidate = this.#candidates.get(key);
    if (candidate === undefined) {
      if (this.#candidates.size >= MAX_CANDIDATES) return;
      candidate = new Candidate(name, unit, described.slice(0, 200));
      this.#candidates.set(key, candidate);
    }
    candidate.see(this.#at, value, saturation);
  }

  #findings(): { key: string; finding: Finding }[] {
    const found: { key: string; finding: Finding }[] = [];
    for (const [key, candidate] of this.#candidates) {
      const { rises, precededRises, windows, precededWindows, what, limitText } = candidate;
      if (rises < LEAST_RISES || precededRises / rises < LEAST_HIT_SHARE) continue;
      // Never taken for nothing: what was not high elsewhere was seen for as long as it was.
      const usually = (precededWindows + 1) / (windows + 2);
      const chance = chanceOf(Math.round(precededRises), Math.round(rises), usually);
      if (chance * this.#candidates.size > MOST_CHANCE) continue;
      const hits = `${Math.round(precededRises)} of the last ${Math.round(rises)} rises of errors`;
      const gpu = candidate.name === "hw.temperature";
      found.push({
        key: `association:${key}`,
        finding: {
          kind: "correlations",
          operation: candidate.name,
          signal: "errors",
          severity: "warning",
          reason: `${hits} were preceded by ${what} ${limitText}; it is so before ${figure(usually, "1")} of all moments`,
          advice: gpu
            ? "check the cooling before work is tried again"
            : "see whether the one causes the other; what comes first need not",
          data: {
            type: "error_performance_correlation",
            possibleCause: gpu ? "high_gpu_temperature" : candidate.name,
            rises,
            preceded: precededRises,
            usually,
            chance: Math.min(1, chance * this.#candidates.size),
            withinMs: LEAD * 10_000,
          },
        },
      });
    }
    return found;
  }
}

function sumOf(windows: readonly { errors: number; traffic: number }[]) {
  const sum = { errors: 0, traffic: 0 };
  for (const { errors, traffic } of windows) {
    sum.errors += errors;
    sum.traffic += traffic;
  }
  return sum;
}

/** That of `n` independent trials at least `hits` succeed, each with probability `p`. */
export function chanceOf(hits: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let below = 0;
  for (let k = 0; k < hits; k++) {
    below += term;
    term *= ((n - k) / (k + 1)) * (p / (1 - p));
  }
  return Math.max(0, 1 - below);
}
