import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ExportResult, MetricExporter } from "../../src/index.js";
import { setDeadline } from "../../src/readers/deadline.js";
import { type RetryOptions, retrying } from "../../src/readers/retry.js";
import { batchOf, exporterConforms } from "../conformance/exporter.js";
import { ManualClock } from "../helpers/manual-clock.js";

const retryable = (retryAfterMs?: number): ExportResult => {
  return { status: "retryable", error: new Error("503"), retryAfterMs };
};
const refused: ExportResult = { status: "failure", error: new Error("400") };
const success: ExportResult = { status: "success" };

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** An exporter that answers from a script, then success; and a retrying one around it. */
function scripted(script: readonly unknown[], options: RetryOptions = {}) {
  const clock = new ManualClock();
  const calls: { batch: unknown; signal: AbortSignal; atMs: number }[] = [];
  const inner: MetricExporter = {
    name: "scripted",
    temporality: () => "delta",
    export: (batch, signal) => {
      const answer = calls.length < script.length ? script[calls.length] : success;
      calls.push({ batch, signal, atMs: clock.now() });
      return typeof answer === "function" ? answer() : (answer as Promise<ExportResult>);
    },
  };
  const exporter = retrying(inner, { clock, random: () => 1, ...options });
  return { exporter, clock, calls };
}

/** Exports under a deadline, moving time until there is an answer. */
async function answerOf(
  { exporter, clock }: ReturnType<typeof scripted>,
  { deadlineMs = 30_000, batch = batchOf([1]) } = {},
): Promise<ExportResult | undefined> {
  const abort = new AbortController();
  setDeadline(abort.signal, clock.now() + deadlineMs);
  let result: ExportResult | undefined;
  void exporter.export(batch, abort.signal).then((answer) => {
    result = answer;
  });
  for (let i = 0; i < 400 && result === undefined; i++) {
    await settled();
    if (result === undefined) clock.advance(100);
  }
  return result;
}

exporterConforms("a retrying exporter", () => retrying({ name: "x", export: async () => success }));

describe("a retrying exporter", () => {
  it("sends the same batch under the same signal until it is taken", async () => {
    const setup = scripted([retryable(), retryable()]);
    expect(await answerOf(setup)).toEqual(success);
    expect(setup.calls).toHaveLength(3);
    expect(new Set(setup.calls.map(({ batch }) => batch)).size).toBe(1);
    expect(new Set(setup.calls.map(({ signal }) => signal)).size).toBe(1);
    expect(setup.exporter).toMatchObject({ name: "scripted", attempts: 3, retries: 2 });
    expect(setup.exporter.temporality("counter")).toBe("delta");
  });

  it("doubles its waits up to the longest one", async () => {
    const setup = scripted(Array(6).fill(retryable()), { maxAttempts: 7 });
    expect(await answerOf(setup)).toEqual(success);
    const waits = setup.calls.slice(1).map(({ atMs }, i) => atMs - setup.calls[i].atMs);
    expect(waits).toEqual([1000, 2000, 4000, 5000, 5000, 5000]);
  });

  it("spreads each wait over all of its length", async () => {
    const drawn = [0.1, 0.5, 0.25];
    const setup = scripted(Array(3).fill(retryable()), { random: () => drawn.shift() as number });
    await answerOf(setup);
    const waits = setup.calls.slice(1).map(({ atMs }, i) => atMs - setup.calls[i].atMs);
    expect(waits).toEqual([100, 1000, 1000]);
  });

  it("sends again at most so often, and then answers what it got", async () => {
    const setup = scripted(Array(50).fill(retryable()), { maxAttempts: 3 });
    expect(await answerOf(setup)).toMatchObject({ status: "retryable" });
    expect(setup.calls).toHaveLength(3);
    expect(setup.clock.pending).toBe(0);
  });

  it("never sends again what failed, was thrown or is nonsense", async () => {
    const answers = [
      refused,
      () => {
        throw new Error("sync");
      },
      () => Promise.reject(new Error("async")),
      undefined,
      { status: "odd" },
      { status: "failure" },
    ];
    for (const answer of answers) {
      const setup = scripted([answer]);
      expect(await answerOf(setup)).toMatchObject({ status: "failure" });
      expect(setup.calls).toHaveLength(1);
    }
  });

  it("comes back when it was told to, and not all in the same instant", async () => {
    const setup = scripted([retryable(7000)], { random: () => 0.5 });
    await answerOf(setup);
    expect(setup.calls[1].atMs - setup.calls[0].atMs).toBe(7500);
  });

  it("takes a wish that says nothing for none", async () => {
    for (const wish of [Number.NaN, -1, 0, Number.NEGATIVE_INFINITY, "3" as never, null as never]) {
      const setup = scripted([retryable(wish)]);
      expect(await answerOf(setup)).toEqual(success);
      expect(setup.calls[1].atMs - setup.calls[0].atMs).toBe(1000);
    }
  });

  it("gives up at once when the wait would outlast the deadline, and leaves no timer", async () => {
    const year = 365 * 86_400_000;
    for (const wish of [30_000, year, 1e300, Number.POSITIVE_INFINITY]) {
      const setup = scripted([retryable(wish)]);
      const before = setup.clock.now();
      expect(await answerOf(setup)).toMatchObject({ status: "retryable", retryAfterMs: wish });
      expect([setup.calls.length, setup.clock.now() - before, setup.clock.pending]).toEqual([
        1, 0, 0,
      ]);
    }
    const short = scripted([retryable()]);
    expect(await answerOf(short, { deadlineMs: 900 })).toMatchObject({ status: "retryable" });
    expect(short.calls).toHaveLength(1);
  });

  it("waits for nobody's year under a signal without a deadline either", async () => {
    const { exporter, clock } = scripted([retryable(86_400_000)]);
    const { signal } = new AbortController();
    expect(await exporter.export(batchOf([1]), signal)).toMatchObject({ status: "retryable" });
    expect(clock.pending).toBe(0);
  });

  it("is interrupted by its signal, in a wait and under way, and leaves no timer", async () => {
    const waiting = scripted([retryable()]);
    const hanging = scripted([new Promise(() => {})]);
    for (const { exporter, clock, calls } of [waiting, hanging]) {
      const abort = new AbortController();
      const answer = exporter.export(batchOf([1]), abort.signal);
      await settled();
      abort.abort();
      expect(await answer).toMatchObject({ status: "retryable" });
      clock.advance(60_000);
      await settled();
      expect([calls.length, clock.pending]).toEqual([1, 0]);
    }
  });

  it("sends nothing under a signal that is aborted already", async () => {
    const { exporter, calls } = scripted([]);
    const answer = await exporter.export(batchOf([1]), AbortSignal.abort());
    expect([answer.status, calls.length]).toEqual(["retryable", 0]);
  });

  it("ends its waits at shutdown, which it passes on once", async () => {
    const clock = new ManualClock();
    let shutdowns = 0;
    let flushes = 0;
    const exporter = retrying(
      {
        name: "x",
        export: async () => retryable(),
        forceFlush: async () => {
          flushes++;
        },
        shutdown: async () => {
          shutdowns++;
        },
      },
      { clock },
    );
    const answer = exporter.export(batchOf([1]), new AbortController().signal);
    await settled();
    expect(clock.pending).toBe(1);
    await Promise.all([exporter.forceFlush(), exporter.shutdown(), exporter.shutdown()]);
    expect(await answer).toMatchObject({ status: "retryable" });
    expect([shutdowns, flushes, clock.pending]).toEqual([1, 1, 0]);
  });

  it("survives a source of chance that is none", async () => {
    const sources = [() => Number.NaN, () => 7, () => -1, () => "x" as never];
    const throwing = () => {
      throw new Error("no luck");
    };
    for (const random of [...sources, throwing]) {
      const setup = scripted([retryable()], { random });
      expect(await answerOf(setup)).toEqual(success);
      expect(setup.calls[1].atMs - setup.calls[0].atMs).toBe(1000);
    }
  });

  it("keeps attempts and time in bounds, whatever it is answered", async () => {
    const answers = fc.array(
      fc.oneof(
        fc.constant(refused),
        fc.constant(success),
        fc.double().map((ms) => retryable(ms)),
        fc.constant(retryable()),
      ),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(
        answers,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 15_000 }),
        async (script, maxAttempts, deadlineMs) => {
          const setup = scripted(script, { maxAttempts });
          const began = setup.clock.now();
          const result = await answerOf(setup, { deadlineMs });
          expect(result).toBeDefined();
          const { calls, clock } = setup;
          expect(calls.length).toBeGreaterThanOrEqual(1);
          expect(calls.length).toBeLessThanOrEqual(maxAttempts);
          expect((calls.at(-1)?.atMs ?? 0) - began).toBeLessThan(deadlineMs);
          expect(clock.pending).toBe(0);
          const last = script[calls.length - 1] ?? success;
          expect(result).toMatchObject({ status: last.status });
        },
      ),
      { numRuns: 100 },
    );
  });

  it("names every option that is out of range", () => {
    const inner: MetricExporter = { name: "x", export: async () => success };
    expect(() => retrying(inner, { maxAttempts: 0, initialBackoffMs: Number.NaN })).toThrow(
      "maxAttempts is 0; give a whole number from 1 to 100; initialBackoffMs is NaN",
    );
  });
});
