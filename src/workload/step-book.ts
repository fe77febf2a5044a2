import { quantileOf } from "../baselines/quantiles.js";
import type { Moment, StepDone } from "./facts.js";
import { LruMap } from "./lru-map.js";
import { nameOf } from "./names.js";
import { Recent, type Spread } from "./recent.js";
import { countIn, countsIn, listIn } from "./saved.js";

const MAX_STEPS = 1000;
const RECENT = 20;
const HISTORY = 100;
const LEAST_RECENT = 10;
const LEAST_HISTORY = 20;
/** A step departs when its median lies so far above that of its history, and among its slowest tenth. */
const DEPARTURE = 1.5;
/** What was not done for a week is forgotten. */
const KEPT_MS = 7 * 86_400_000;
const DOMINANT_SHARE = 0.6;
const LEAST_STEPS = 3;

/** Why a step is slow; undefined: it is not. */
export type Slowness = "departed" | "long" | "dominates" | undefined;

export interface StepReading {
  readonly workflow: string | undefined;
  readonly step: string;
  readonly count: number;
  /** ms, of the last 20. */
  readonly recent: Spread;
  /** Median of the 100 before those, ms; undefined before there are 20 of them. */
  readonly usualMs: number | undefined;
  /** Of the time that the steps of its workflow take, 0 … 1. */
  readonly share: number;
  readonly slow: Slowness;
}

class Step {
  count = 0;
  /** Halved with all of its workflow now and then, so that shares are those of these days. */
  spentMs = 0;
  /** When it was done last, epoch ms. */
  seenMs = 0;
  readonly recent = new Recent(RECENT);
  readonly history = new Recent(HISTORY);

  constructor(
    readonly workflow: string | undefined,
    readonly name: string,
  ) {}

  add(durationMs: number, wallMs: number): void {
    this.seenMs = wallMs;
    this.count++;
    this.spentMs += durationMs;
    const older = this.recent.add(durationMs);
    if (older !== undefined) this.history.add(older);
  }

  save(): object {
    const { workflow, name, count, spentMs, seenMs } = this;
    const [recent, history] = [this.recent.values(), this.history.values()];
    return { workflow, name, count, spentMs, seenMs, recent, history };
  }

  /** Puts what was saved before what has come since. */
  restore(saved: Readonly<Record<string, unknown>>): void {
    const recent = countsIn(saved.recent, RECENT);
    this.count += countIn(saved.count);
    this.spentMs += countIn(saved.spentMs);
    this.seenMs = Math.max(this.seenMs, countIn(saved.seenMs));
    const overflowing = recent.slice(0, Math.max(0, recent.length + this.recent.size - RECENT));
    this.history.precede([...countsIn(saved.history, HISTORY), ...overflowing]);
    this.recent.precede(recent);
  }
}

/** Shares are those of about so many steps of a workflow. */
const MEMORY_STEPS = 1000;

/** Durations of the steps of workflows: against their own past, against a limit, and against one another. */
export class StepBook {
  readonly #steps = new LruMap<string, Step>(MAX_STEPS);
  /** Steps of a workflow since its shares were halved last. */
  readonly #counts = new LruMap<string | undefined, { steps: number }>(MAX_STEPS);

  /** @param longMs - a step that takes longer on average is slow, whatever it used to take */
  constructor(private readonly longMs: number) {}

  done({ workflow, step, durationMs }: StepDone, { wallMs }: Moment): void {
    this.#step(workflow, step).add(durationMs, wallMs);
    const count = this.#counts.getOrMake(workflow, () => ({ steps: 0 }));
    if (++count.steps < MEMORY_STEPS) return;
    count.steps /= 2;
    for (const each of this.#steps.values()) if (each.workflow === workflow) each.spentMs /= 2;
  }

  expire({ wallMs }: Moment): void {
    for (const [key, { seenMs }] of this.#steps.entries()) {
      if (wallMs - seenMs > KEPT_MS) this.#steps.delete(key);
    }
  }

  save(): object[] {
    return [...this.#steps.values()].map((step) => ({ toJSON: () => step.save() }));
  }

  restore(saved: unknown, at: Moment): void {
    for (const each of listIn(saved, MAX_STEPS)) {
      const name = nameOf(each.name);
      if (name !== undefined) this.#step(nameOf(each.workflow), name).restore(each);
    }
    this.expire(at);
  }

  read(): StepReading[] {
    return [...this.reading()];
  }

  /** One after the other: each sorts its durations. */
  *reading(): Generator<StepReading> {
    const totals = new Map<string | undefined, { spentMs: number; steps: number }>();
    for (const { workflow, spentMs } of this.#steps.values()) {
      const total = totals.get(workflow) ?? { spentMs: 0, steps: 0 };
      totals.set(workflow, total);
      total.spentMs += spentMs;
      total.steps++;
    }
    for (const step of [...this.#steps.values()]) {
      const { spentMs = 0, steps = 0 } = totals.get(step.workflow) ?? {};
      yield this.#readOne(step, spentMs === 0 ? 0 : step.spentMs / spentMs, steps);
    }
  }

  #step(workflow: string | undefined, name: string): Step {
    const key = JSON.stringify([workflow, name]);
    return this.#steps.getOrMake(key, () => new Step(workflow, name));
  }

  #readOne(step: Step, share: number, steps: number): StepReading {
    const { workflow, name, count } = step;
    const recent = step.recent.spread();
    const past = step.history.size < LEAST_HISTORY ? undefined : step.history.sorted();
    const usualMs = past && quantileOf(past, 0.5);
    let slow: Slowness;
    if (recent.count >= LEAST_RECENT) {
      const isAbovePast = past !== undefined && recent.p50 > quantileOf(past, 0.9);
      if (isAbovePast && recent.p50 > DEPARTURE * (usualMs as number)) slow = "departed";
      else if (recent.mean > this.longMs) slow = "long";
      else if (workflow !== undefined && steps >= LEAST_STEPS && share >= DOMINANT_SHARE) {
        slow = "dominates";
      }
    }
    return { workflow, step: name, count, recent, usualMs, share, slow };
  }
}
