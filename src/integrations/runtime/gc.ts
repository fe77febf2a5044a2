import type { Probe, Reading } from "./probe.js";
import { gauge, histogram, level, ratio, setShare, tally } from "./reading.js";
import type { Sources } from "./sources.js";

/** Collections a second that are observed without a rest: 0.02 % of a core. */
const FREE_PER_SECOND = 8;
const MAX_REST = 9;
/** Steps of this leave no period of anything else in step with the rests (the golden ratio). */
const PHASE_STEP = 0.618;
/** A sample that comes later than this was held up, and the second before it is no guide. */
const MAX_STAND_IN = 2;

const KINDS = ["major", "minor", "incremental", "weakcb"] as const;
type Kind = (typeof KINDS)[number];

/** V8's GCType: 1 scavenge, 2 minor mark-sweep, 4 mark-sweep-compact, 8 incremental, 16 weak callbacks. */
function kindOf(type: number): Kind {
  if (type === 4) return "major";
  if (type === 8) return "incremental";
  return type === 16 ? "weakcb" : "minor";
}

function makeKind(kind: Kind): { readonly durations: Reading; readonly time: Reading } {
  const attributes = { "v8js.gc.type": kind };
  const estimated = "estimated where auspex.gc.observed is below 1";
  return {
    durations: histogram(
      "v8js.gc.duration",
      "s",
      `Garbage collection duration, by kind; ${estimated}.`,
      attributes,
    ),
    time: tally(
      "auspex.gc.time",
      "s",
      `Seconds spent in garbage collection, by kind; ${estimated}.`,
      attributes,
    ),
  };
}

/**
 * Time this thread spent collecting garbage.
 *
 * Node tells of a collection when the loop next turns, so one in a long block counts in the sample
 * after it. Being told costs 27–34 µs a collection, nearly all of it Node's making of the entry (a
 * scavenge itself takes 0.2–2 ms); V8's own profiler (`v8.GCProfiler`) costs 60 µs, and nothing else
 * tells durations. So where there are few collections all are observed and the figures are exact;
 * beyond 8 a second one is observed and up to 14 rest, and while it rests the observed second stands
 * for each that passes. `auspex.gc.observed` tells the share of samples observed: below 1 all figures
 * are estimates.
 */
export class GcProbe implements Probe {
  readonly name = "gc";
  readonly #kinds = {
    major: makeKind("major"),
    minor: makeKind("minor"),
    incremental: makeKind("incremental"),
    weakcb: makeKind("weakcb"),
  };
  readonly #utilization = gauge(
    "auspex.gc.utilization",
    "1",
    "Share of time spent in garbage collection; estimated where auspex.gc.observed is below 1.",
  );
  readonly #observed = level(
    "auspex.gc.observed",
    "1",
    "Share of time in which collections were observed: 1 means that figures of them are exact.",
  );
  readonly readings = [
    ...KINDS.flatMap((kind) => Object.values(this.#kinds[kind])),
    this.#utilization,
    this.#observed,
  ];

  readonly #sources: Sources;
  #release: (() => void) | undefined;
  /** Kind and milliseconds of collections since the last sample. */
  #heard: [Kind, number][] = [];
  #standIn: readonly [Kind, number][] = [];
  #standInMs = 0;
  #owed = 0;
  #rest = 0;
  #restsLeft = 0;
  #phase = 0;

  constructor(sources: Sources) {
    this.#sources = sources;
    this.#observe();
  }

  sample(elapsedMs: number): void {
    if (!(elapsedMs > 0)) {
      setShare(this.#utilization, Number.NaN);
      return;
    }
    const heard = this.#heard;
    this.#heard = [];
    for (const each of heard) this.#count(each);
    if (this.#restsLeft > 0) this.#passOver(heard, elapsedMs);
    else this.#takeIn(heard, elapsedMs);
  }

  stop(): void {
    this.#release?.();
    this.#release = undefined;
  }

  #observe(): void {
    this.#release = this.#sources.observeGc((type, durationMs) => {
      this.#heard.push([kindOf(type), durationMs]);
    });
  }

  /** A sample that was observed: it says whether, and for how long, observing may rest. */
  #takeIn(heard: readonly [Kind, number][], elapsedMs: number): void {
    setShare(this.#utilization, Math.min(1, ratio(sumOf(heard), elapsedMs)));
    const perSecond = heard.length / (elapsedMs / 1e3);
    this.#rest = this.#restFor(perSecond);
    this.#observed.value = 1 / (1 + this.#rest);
    if (this.#rest === 0) return;
    this.stop();
    this.#restsLeft = this.#rest;
    this.#standIn = heard;
    this.#standInMs = elapsedMs;
    this.#owed = 0;
  }

  /** A sample without observing, but for what Node told late: that belongs to the one observed. */
  #passOver(late: readonly [Kind, number][], elapsedMs: number): void {
    if (late.length > 0) this.#standIn = [...this.#standIn, ...late];
    this.#owed += Math.min(MAX_STAND_IN, elapsedMs / this.#standInMs);
    for (; this.#owed >= 1; this.#owed--) for (const each of this.#standIn) this.#count(each);
    setShare(this.#utilization, Math.min(1, ratio(sumOf(this.#standIn), this.#standInMs)));
    if (--this.#restsLeft === 0) this.#observe();
  }

  #restFor(perSecond: number): number {
    const rest = Math.min(MAX_REST, Math.floor(perSecond / FREE_PER_SECOND));
    if (rest === 0) return 0;
    this.#phase = (this.#phase + PHASE_STEP) % 1;
    return Math.max(1, Math.round(rest * (0.5 + this.#phase)));
  }

  #count([kind, durationMs]: readonly [Kind, number]): void {
    const { durations, time } = this.#kinds[kind];
    durations.values?.push(durationMs / 1e3);
    time.value += durationMs / 1e3;
  }
}

function sumOf(collections: readonly [Kind, number][]): number {
  return collections.reduce((sum, [, durationMs]) => sum + durationMs, 0);
}
