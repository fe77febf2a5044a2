import type { MetricBatch, MetricData, NumberPoint } from "../snapshot/batch.js";
import { batchOf, batchWith, histogramMetric, histogramOf, numberMetric } from "./batch.js";

const MANY = 10_000;
/** Batches that exporters have tripped over. Each made anew when it is asked for. */
export const awkward: Readonly<Record<string, () => MetricBatch>> = {
  "every kind of point": () => batchOf([0.001, 0.2, 3]),
  "an empty histogram": () => batchOf([]),
  "metrics without points": () => {
    return batchWith(batchOf([1]).metrics.map((metric) => ({ ...metric, points: [] })));
  },
  "no metrics": () => batchWith([]),
  deltas: () => ({ ...batchOf([1]), temporality: "delta" }),
  "names, units and attributes in any script": oddTexts,
  "the largest and smallest numbers": oddNumbers,
  exemplars: withExemplars,
  "10,000 points": manyPoints,
};

function oddTexts(): MetricBatch {
  const texts = [
    "é\u2028日本語",
    "a b|c:d#e,f\ng\r\u0000",
    "__proto__",
    "1",
    " ",
    "\ud800",
    "%s{}*",
  ];
  const metrics: MetricData[] = texts.map((text, i) => {
    const metric = numberMetric(text, "counter", i, { [text]: text, plain: true, count: 3 });
    return { ...metric, unit: text, description: text };
  });
  return batchWith(metrics, { resource: { attributes: { "service.name": texts.join("") } } });
}

function oddNumbers(): MetricBatch {
  const { MAX_SAFE_INTEGER, MAX_VALUE, MIN_VALUE } = Number;
  const gauges = [-1.5, -0, MIN_VALUE, MAX_VALUE, -MAX_VALUE].map((value, i) => {
    return numberMetric(`gauge.${i}`, "gauge", value);
  });
  const total = numberMetric("counter", "counter", MAX_SAFE_INTEGER);
  const active = numberMetric("updown", "updown", -3);
  return batchWith([...gauges, total, active, histogramMetric("histogram", [0, 1e-6, 3600])]);
}

function withExemplars(): MetricBatch {
  const exemplars = [0.004, 0.3].map((value, i) => {
    const [traceId, spanId] = ["a", "b"].map((digit, at) => digit.repeat(at === 0 ? 32 : 16));
    return { value, timeMs: 1_699_999_999_000 + i, traceId, spanId } as const;
  });
  const traced = histogramMetric("traced", [0.004, 0.3], { route: "/" }, exemplars);
  return batchWith([traced, histogramMetric("untraced", [0.2], {}, [])]);
}

function manyPoints(): MetricBatch {
  const histogram = histogramOf([0.001, 0.02, 0.3]);
  const points = Array.from({ length: MANY / 2 }, (_, i) => ({ attributes: { i }, histogram }));
  const numbers: NumberPoint[] = points.map(({ attributes }) => ({ attributes, value: 1 }));
  return batchWith([
    { ...histogramMetric("many.histograms", []), points },
    { ...numberMetric("many.counters", "counter", 0), points: numbers },
  ]);
}
