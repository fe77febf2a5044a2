import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Diag } from "../../src/diag/diag.js";
import type {
  ExportResult,
  HistogramMetric,
  MetricBatch,
  MetricExporter,
} from "../../src/index.js";
import { PeriodicReader } from "../../src/readers/periodic.js";
import { retrying } from "../../src/readers/retry.js";
import { batchWith, histogramMetric, numberMetric } from "../../src/testing/index.js";
import { ManualClock } from "../helpers/manual-clock.js";

const INTERVAL_MS = 1000;
const TIMEOUT_MS = 800;
const success: ExportResult = { status: "success" };

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** What a process recorded: a counter, and as many values in a histogram. */
class Recorded {
  total = 0;
  readonly values: number[] = [];

  add(count: number): void {
    this.total += count;
    for (let i = 0; i < count; i++) this.values.push(0.001 * (1 + (i % 7)));
  }
}

function figures({ metrics }: MetricBatch): { jobs: number; values: number } {
  const jobs = metrics.find(({ name }) => name === "jobs");
  const work = metrics.find(({ name }) => name === "work") as HistogramMetric;
  const point = jobs?.points[0];
  return {
    jobs: point !== undefined && "value" in point ? point.value : 0,
    values: work.points.reduce((sum, { histogram }) => sum + histogram.count, 0),
  };
}

/** How a backend takes one batch. */
type Fate =
  | { kind: "success" | "retryable" | "failure" | "throws" | "nonsense" | "hangs" }
  /** Arrives after that long; beyond the timeout only when the exporter does not listen to its signal. */
  | { kind: "slow"; delayMs: number };

/** An exporter whose backend adds up, or keeps, what it acknowledged. */
class Backend implements MetricExporter {
  readonly name = "backend";
  calls = 0;
  /** Attempts under way. */
  live = 0;
  most = 0;
  sum = { jobs: 0, values: 0 };
  last = { jobs: 0, values: 0 };
  fate: Fate = { kind: "success" };

  constructor(
    private readonly clock: ManualClock,
    private readonly deaf = false,
  ) {}

  async export(batch: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    this.calls++;
    this.most = Math.max(this.most, ++this.live);
    try {
      const { fate } = this;
      if (fate.kind === "throws") throw new Error("broken");
      if (fate.kind === "nonsense") return undefined as never;
      if (fate.kind === "retryable") return { status: "retryable", error: new Error("503") };
      if (fate.kind === "failure") return { status: "failure", error: new Error("400") };
      const aborted = new Promise<void>((resolve) => {
        if (!this.deaf) signal.addEventListener("abort", () => resolve(), { once: true });
      });
      const delay = new Promise<void>((resolve) => {
        if (fate.kind === "success") resolve();
        if (fate.kind === "slow") this.clock.schedule(fate.delayMs, resolve);
      });
      await Promise.race([delay, aborted]);
      if (signal.aborted && !this.deaf) return { status: "retryable", error: new Error("aborted") };
      this.last = figures(batch);
      this.sum.jobs += this.last.jobs;
      this.sum.values += this.last.values;
      return success;
    } finally {
      this.live--;
    }
  }
}

interface SetUp {
  readonly deaf?: boolean;
  readonly timeoutMs?: number;
  readonly wrap?: (backend: Backend, clock: ManualClock) => MetricExporter;
}

function setUp(temporality: "delta" | "cumulative", options: SetUp = {}) {
  const { deaf, timeoutMs = TIMEOUT_MS, wrap = (each: Backend) => each } = options;
  const clock = new ManualClock();
  const backend = new Backend(clock, deaf);
  const recorded = new Recorded();
  const told: [string, number, number][] = [];
  const reader = new PeriodicReader({
    exporter: wrap(backend, clock),
    timeoutMs,
    temporality,
    clock,
    diag: new Diag(),
    collect: async () =>
      batchWith(
        [numberMetric("jobs", "counter", recorded.total), histogramMetric("work", recorded.values)],
        { to: clock.wall() },
      ),
    onExport: ({ status }, durationMs, points) => told.push([status, durationMs, points]),
  });
  return { clock, backend, recorded, reader, told };
}

const fates = fc.oneof(
  fc
    .constantFrom(...(["success", "retryable", "failure", "throws", "nonsense", "hangs"] as const))
    .map((kind): Fate => ({ kind })),
  fc.integer({ min: 1, max: TIMEOUT_MS - 1 }).map((delayMs): Fate => ({ kind: "slow", delayMs })),
);
const stepWith = (fate: fc.Arbitrary<Fate>) =>
  fc.record({
    add: fc.integer({ min: 0, max: 20 }),
    fate,
    /** Shorter than an export may take, so that turns are skipped. */
    thenMs: fc.constantFrom(100, INTERVAL_MS),
    flush: fc.boolean(),
  });
const step = stepWith(fates);

/** Plays the steps, then heals the backend and flushes once. */
async function play(
  setup: ReturnType<typeof setUp>,
  steps: readonly { add: number; fate: Fate; thenMs: number; flush: boolean }[],
): Promise<void> {
  const { clock, backend, recorded, reader } = setup;
  for (const { add, fate, thenMs, flush } of steps) {
    recorded.add(add);
    backend.fate = fate;
    if (flush) void reader.flush(TIMEOUT_MS);
    else reader.tick();
    await settled();
    clock.advance(thenMs);
    await settled();
  }
  backend.fate = { kind: "success" };
  const healed = reader.flush(60_000);
  for (let i = 0; i < 5; i++) {
    await settled();
    clock.advance(TIMEOUT_MS);
  }
  expect(await healed).toEqual({ exporter: "backend", status: "ok" });
}

describe("whatever becomes of exports", () => {
  it("a delta backend has each value exactly once in the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const setup = setUp("delta");
        await play(setup, steps);
        const { total } = setup.recorded;
        expect(setup.backend.sum).toEqual({ jobs: total, values: total });
        expect(setup.backend.most).toBe(1);
        expect(setup.clock.pending).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it("a cumulative backend has the truth in the end, and all turns are accounted for", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const setup = setUp("cumulative");
        const { backend, reader, told } = setup;
        await play(setup, steps);
        const { total } = setup.recorded;
        expect(backend.last).toEqual({ jobs: total, values: total });
        const { exported, failed, skipped } = reader.tally;
        expect(exported + failed).toBe(backend.calls);
        expect(told).toHaveLength(backend.calls);
        expect(told.filter(([status]) => status === "success")).toHaveLength(exported);
        const ticks = steps.filter(({ flush }) => !flush).length;
        expect(skipped).toBeLessThanOrEqual(ticks);
        expect(reader.inflight).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it("an exporter deaf to its signal never loses a value, though some may come twice", async () => {
    const late = fc
      .integer({ min: TIMEOUT_MS, max: 4 * INTERVAL_MS })
      .map((delayMs): Fate => ({ kind: "slow", delayMs }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(stepWith(fc.oneof(fates, late)), { maxLength: 25 }),
        async (steps) => {
          const setup = setUp("delta", { deaf: true });
          await play(setup, steps);
          expect(setup.backend.sum.jobs).toBeGreaterThanOrEqual(setup.recorded.total);
          expect(setup.backend.sum.values).toBe(setup.backend.sum.jobs);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("a late answer before the next batch counts: nothing comes twice", async () => {
    const { clock, backend, recorded, reader } = setUp("delta", { deaf: true });
    recorded.add(5);
    backend.fate = { kind: "slow", delayMs: TIMEOUT_MS + 100 };
    reader.tick();
    await settled();
    clock.advance(TIMEOUT_MS + 1);
    await settled();
    expect(reader.tally).toMatchObject({ exported: 0, failed: 1 });
    clock.advance(200);
    await settled();
    recorded.add(2);
    backend.fate = { kind: "success" };
    reader.tick();
    await settled();
    expect(backend.sum).toEqual({ jobs: 7, values: 7 });
  });

  it("a late answer does not take back what was acknowledged since", async () => {
    const { clock, backend, recorded, reader } = setUp("delta", { deaf: true });
    recorded.add(5);
    backend.fate = { kind: "slow", delayMs: 3000 };
    reader.tick();
    await settled();
    clock.advance(INTERVAL_MS);
    await settled();
    recorded.add(2);
    backend.fate = { kind: "success" };
    reader.tick();
    await settled();
    clock.advance(5000);
    await settled();
    recorded.add(1);
    reader.tick();
    await settled();
    // The batch of 5 arrived twice, which nobody could know; the 2 and the 1 once.
    expect(backend.sum).toEqual({ jobs: 13, values: 13 });
  });
});

describe("case 9: a backend that is away for a minute", () => {
  it("is asked again with waits between, and has exact totals once it is back", async () => {
    for (const temporality of ["delta", "cumulative"] as const) {
      const { clock, backend, recorded, reader } = setUp(temporality, {
        timeoutMs: 10_000,
        wrap: (inner, clock) => retrying(inner, { clock }),
      });
      backend.fate = { kind: "retryable" };
      const instants: number[] = [];
      let before = 0;
      for (let ms = 0; ms < 60_000; ms += 100) {
        if (ms % 1000 === 0) recorded.add(1);
        if (ms % 10_000 === 0) reader.tick();
        await settled();
        if (backend.calls > before) instants.push(ms);
        before = backend.calls;
        clock.advance(100);
      }
      // Five attempts an interval at most, not in lockstep.
      expect(backend.calls).toBeGreaterThan(6);
      expect(backend.calls).toBeLessThanOrEqual(6 * 5);
      const waits = instants.slice(1).map((ms, i) => ms - (instants[i] as number));
      expect(new Set(waits).size).toBeGreaterThan(2);
      backend.fate = { kind: "success" };
      clock.advance(20_000);
      await settled();
      reader.tick();
      await settled();
      const seen = temporality === "delta" ? backend.sum : backend.last;
      expect(seen).toEqual({ jobs: 60, values: 60 });
    }
  });
});
