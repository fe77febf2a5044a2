import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { ExportResult, MetricExporter } from "../readers/exporter.js";
import type { MetricBatch } from "../snapshot/batch.js";
import { awkward } from "./awkward.js";
import { batchOf } from "./batch.js";
import { frozen, keptAlive, within } from "./watch.js";

/** One thing that every push exporter keeps. */
export interface ConformanceCase {
  /** A sentence: "takes 10,000 points". */
  readonly name: string;
  /** Resolves when the exporter keeps it. @throws AssertionError (by rejecting) when it does not */
  run(): Promise<void>;
}

export interface ConformanceOptions {
  /** Longest an exporter may take over one call, ms. @default 5000 */
  readonly patienceMs?: number;
}

const STATUSES: readonly ExportResult["status"][] = ["success", "retryable", "failure"];
const KINDS = ["histogram", "counter"] as const;
/** What each of them leaves behind is told from what a test runner begins or ends meanwhile. */
const COPIES = 5;

/**
 * What every push exporter keeps, whatever it speaks and whether or not its backend is there: one case
 * each, for any test runner.
 *
 * @param make - makes an exporter; called once or more for each case
 */
export function exporterConformance(
  make: () => MetricExporter,
  { patienceMs = 5000 }: ConformanceOptions = {},
): readonly ConformanceCase[] {
  const soon = <T>(what: string, promise: Promise<T>): Promise<T> =>
    within(patienceMs, what, promise);

  /** One export that settles in time, with an answer that a reader understands. */
  const send = async (
    exporter: MetricExporter,
    batch: MetricBatch,
    signal = new AbortController().signal,
  ): Promise<ExportResult> => {
    const result = await soon("export()", exporter.export(batch, signal));
    ok(STATUSES.includes(result?.status), `the status is ${String(result?.status)}`);
    if (result.status !== "success") ok(result.error instanceof Error, "no Error says why");
    return result;
  };

  /** With an exporter of its own, which is shut down afterwards. */
  const one = (name: string, run: (exporter: MetricExporter) => Promise<void>): ConformanceCase => {
    return {
      name,
      async run() {
        const exporter = make();
        try {
          await run(exporter);
        } finally {
          await soon("shutdown()", Promise.resolve(exporter.shutdown?.()));
        }
      },
    };
  };

  return [
    one("has a name without spaces", async ({ name }) => match(name, /^\S+$/)),

    one("asks for the same temporality each time", async (exporter) => {
      for (const kind of KINDS) {
        const first = exporter.temporality?.(kind) ?? "cumulative";
        ok(first === "cumulative" || first === "delta", `it is ${String(first)}`);
        strictEqual(exporter.temporality?.(kind) ?? "cumulative", first);
      }
    }),

    ...Object.entries(awkward).map(([what, batch]) => {
      return one(`takes ${what}`, async (exporter) => {
        await send(exporter, batch());
      });
    }),

    one("leaves the batch as it was", async (exporter) => {
      const batch = frozen(batchOf([0.001, 0.2]));
      const bytes = bytesOf(batch);
      const result = await send(exporter, batch);
      deepStrictEqual(bytesOf(batch), bytes);
      // Writing to what is frozen throws, and a good exporter answers its own errors as failures.
      if (result.status === "failure") ok(!/read only|not extensible/.test(result.error.message));
    }),

    one("settles when it was aborted before it began", async (exporter) => {
      await send(exporter, batchOf([1]), AbortSignal.abort());
    }),

    one("settles when it is aborted under way", async (exporter) => {
      const abort = new AbortController();
      const sent = send(exporter, batchOf([1]), abort.signal);
      abort.abort();
      await sent;
    }),

    one("takes calls that overlap", async (exporter) => {
      await Promise.all(Array.from({ length: 5 }, (_, i) => send(exporter, batchOf([i]))));
    }),

    one("flushes as often as it is asked, with and without anything to flush", async (exporter) => {
      const flush = () => Promise.resolve(exporter.forceFlush?.());
      await soon("forceFlush()", flush());
      await send(exporter, batchOf([1]));
      await soon("forceFlush()", Promise.all([flush(), flush()]));
    }),

    one("shuts down as often as it is asked", async (exporter) => {
      const shutdown = () => Promise.resolve(exporter.shutdown?.());
      await send(exporter, batchOf([1]));
      await soon("shutdown()", Promise.all([shutdown(), shutdown()]));
      await soon("shutdown()", shutdown());
    }),

    one("answers after its shutdown too", async (exporter) => {
      await soon("shutdown()", Promise.resolve(exporter.shutdown?.()));
      await send(exporter, batchOf([1]));
      await soon("forceFlush()", Promise.resolve(exporter.forceFlush?.()));
    }),

    ...(["timer", "socket"] as const).map((handle): ConformanceCase => {
      return {
        name: `leaves no ${handle} that keeps the process alive`,
        async run() {
          const before = keptAlive(handle);
          for (let copy = 0; copy < COPIES; copy++) {
            const exporter = make();
            await send(exporter, batchOf([1]));
            await soon("shutdown()", Promise.resolve(exporter.shutdown?.()));
          }
          const end = performance.now() + patienceMs;
          while (keptAlive(handle) - before > COPIES / 2) {
            ok(performance.now() < end, `a ${handle} is still there after ${patienceMs} ms`);
            await new Promise((resolve) => setImmediate(resolve));
          }
        },
      };
    }),
  ];
}

/** The bytes of a batch's histograms, which cannot be frozen. */
function bytesOf(batch: MetricBatch): number[][] {
  return batch.metrics.flatMap((metric) => {
    return metric.kind === "histogram"
      ? metric.points.map((each) => [...each.histogram.bytes])
      : [];
  });
}
