import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StatsdExporter } from "../../../src/exporters/statsd/exporter.js";
import type { StatsdOptions } from "../../../src/exporters/statsd/options.js";
import { resolveStatsdOptions } from "../../../src/exporters/statsd/resolve-options.js";
import type { MetricData } from "../../../src/snapshot/batch.js";
import { deltaBatch, never, number, timings } from "./batches.js";
import { FakeServer } from "./fake-server.js";

const BAD = "5|c\nz:9|c";
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(..."a.b:|#@,;=~\n\r\t\0\u0085\u2028 /", "\ud800", "\udc00", "é", "😀", BAD),
      { maxLength: 20 },
    )
    .map((parts) => parts.join("")),
  fc.constantFrom(BAD, "", "__proto__", "x".repeat(70_000), "a:1|c|#admin:true", "-", "."),
);
const attributes = fc.dictionary(
  hostile,
  fc.oneof(hostile, fc.double(), fc.boolean(), fc.integer()),
  { maxKeys: 6 },
);
const value = fc.double({ noNaN: false });
const metric: fc.Arbitrary<MetricData> = fc.oneof(
  fc
    .tuple(fc.constantFrom("counter", "gauge", "updown"), hostile, value, attributes)
    .map(([kind, name, amount, tags]) => number(kind as "counter", name, amount, tags)),
  fc
    .tuple(
      hostile,
      fc.array(fc.double({ min: 0, max: 3000, noNaN: true }), { maxLength: 300 }),
      attributes,
    )
    .map(([name, values, tags]) => timings(name, values, tags)),
);

/** What is behind them nobody recorded; whole numbers are exact. */
const fifteenDigits = (amount: number) =>
  Number.isInteger(amount) ? amount : Number(amount.toPrecision(15));

/** Exports and reads back with a parser that takes nothing but what the protocol knows. */
async function roundTrip(metrics: readonly MetricData[], options: StatsdOptions) {
  const server = new FakeServer();
  const exporter = new StatsdExporter(resolveStatsdOptions(options, {}), server);
  const result = await exporter.export(deltaBatch(metrics), never());
  expect(result.status).toBe("success");
  const rejected = result.status === "success" ? (result.rejected ?? 0) : 0;
  return { parsed: server.parsed, payloads: server.payloads, rejected };
}

const dialects: readonly StatsdOptions[] = [
  { dialect: "statsd", samples: 20 },
  { dialect: "statsd", attributes: "graphite", mergeValues: false },
  { dialect: "dogstatsd" },
  { dialect: "dogstatsd", timestamps: true, maxDatagramBytes: 256, rollups: ["max"] },
];

describe("whatever is in names, attributes and values", () => {
  for (const options of dialects) {
    it(`only what was meant arrives, within the datagram: ${JSON.stringify(options)}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(metric, { maxLength: 8 }), async (metrics) => {
          const { parsed, payloads, rejected } = await roundTrip(metrics, options);
          const most = options.maxDatagramBytes ?? 1432;
          for (const { length } of payloads) expect(length).toBeLessThanOrEqual(most);
          if (options.rollups !== undefined) return;

          // Everything sent or rejected, and nothing else: values and counts add up.
          const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
          const counters = metrics.flatMap(({ kind, points }) => {
            return kind === "counter"
              ? points.map((point) => (point as { value: number }).value)
              : [];
          });
          const finite = counters.filter(Number.isFinite).map(fifteenDigits);
          const news = finite.filter((amount) => amount !== 0);
          const sent = parsed.filter(({ type }) => type === "c");
          if (rejected === counters.length - finite.length) {
            expect(sent.map((each) => each.value).sort()).toEqual([...news].sort());
          }
          expect(sent.length).toBeLessThanOrEqual(news.length);
          const recorded = metrics.flatMap(({ points }) => {
            return points.map((point) => ("histogram" in point ? point.histogram.count : 0));
          });
          const got = parsed.filter(({ type }) => type === "ms" || type === "d");
          const arrived = sum(got.map(({ rate }) => 1 / rate));
          if (rejected === 0) expect(arrived).toBeCloseTo(sum(recorded), 6);
          expect(arrived).toBeLessThanOrEqual(sum(recorded) + 1e-6);
        }),
        { numRuns: 150 },
      );
    });
  }

  it("writes one line, and forges none, for the text of an attack", async () => {
    for (const options of dialects) {
      const attack = number("counter", BAD, 1, { [BAD]: BAD });
      const { parsed } = await roundTrip([attack], options);
      expect(parsed).toHaveLength(1);
      expect(parsed[0]).toMatchObject({ type: "c", value: 1, rate: 1 });
      expect(parsed[0]?.name).toMatch(/^5_c_z_9_c/);
    }
  });

  it("leaves out what is not finite, and what would overwrite another gauge", async () => {
    const { parsed, rejected } = await roundTrip(
      [
        number("gauge", "a", Number.NaN),
        number("counter", "b", Number.POSITIVE_INFINITY),
        number("gauge", "c/d", 1),
        number("gauge", "c:d", 2),
        // A name is taken by what is sent, not by what is not.
        number("gauge", "a:", 5),
        number("gauge", "e.f", Number.NaN),
        number("gauge", "e..f", 6),
        number("counter", "c/d", 3),
        number("counter", "c:d", 4),
      ],
      {},
    );
    expect(rejected).toBe(4);
    const sent = parsed.map(({ value, type }) => `${value}${type}`);
    expect(sent).toEqual(["1g", "5g", "6g", "3c", "4c"]);
  });

  it("drops a line that is longer than a datagram, and says so", async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`k${i}`, "v".repeat(200)]),
    );
    const metrics = [number("counter", "a", 1, tags), number("counter", "b", 2)];
    const options = { dialect: "dogstatsd", maxDatagramBytes: 1432 } as const;
    const { parsed, rejected } = await roundTrip(metrics, options);
    expect(rejected).toBe(1);
    expect(parsed.map(({ name }) => name)).toEqual(["b"]);
  });
});
