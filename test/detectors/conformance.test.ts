import { describe, it } from "vitest";
import {
  adaptive,
  allOf,
  anyOf,
  autoencoder,
  cusum,
  type Detector,
  distributionShift,
  errorRatio,
  ewma,
  filtered,
  holtWinters,
  iqr,
  isolationForest,
  lstm,
  macd,
  pageHinkley,
  quorum,
  randomCutForest,
  rateOfChange,
  robustZ,
  seasonal,
  spot,
  sustained,
  threshold,
  trafficRate,
  zScore,
} from "../../src/detectors/index.js";
import {
  type DetectorConformanceOptions,
  detectorConformance,
} from "../../src/testing/detector-conformance.js";
import { histogramOf } from "../../src/testing/index.js";

type Make = (unit: number) => Detector;

const DAY_MS = 86_400_000;
const errors = (value: number, unit: number) => ({
  count: 1000,
  errors: Math.max(0, Math.round((value / unit - 80) / 4)),
});
/** 200 latencies around the value, whatever its unit. */
const latencies = (value: number, unit: number) => {
  const seconds = Array.from({ length: 200 }, (_, i) => (value / unit / 1000) * 1.01 ** (i % 80));
  return { histogram: histogramOf(seconds.map((each) => Math.max(0, each))) };
};
const inputs = (value: number) => ({ inputs: { twin: value } });

const KEPT: Readonly<Record<string, readonly [Make, DetectorConformanceOptions?]>> = {
  adaptive: [() => adaptive()],
  zScore: [() => zScore()],
  "zScore with a threshold": [() => zScore({ threshold: 6 })],
  robustZ: [() => robustZ()],
  "robustZ with a threshold": [() => robustZ({ threshold: 6 })],
  iqr: [() => iqr()],
  "iqr with a fence": [() => iqr({ fence: 3 })],
  ewma: [() => ewma()],
  "ewma with a limit": [() => ewma({ limit: 5 })],
  macd: [() => macd()],
  cusum: [() => cusum()],
  pageHinkley: [() => pageHinkley()],
  holtWinters: [() => holtWinters()],
  "holtWinters with a season": [() => holtWinters({ seasonMs: DAY_MS })],
  seasonal: [() => seasonal()],
  "seasonal with a season": [() => seasonal({ seasonMs: DAY_MS })],
  spot: [() => spot()],
  "spot without drift": [() => spot({ depth: 0 })],
  randomCutForest: [() => randomCutForest(), { stateBytes: 250_000 }],
  isolationForest: [() => isolationForest(), { stateBytes: 120_000 }],
  autoencoder: [() => autoencoder()],
  lstm: [() => lstm()],
  distributionShift: [() => distributionShift(), { context: latencies }],
  errorRatio: [() => errorRatio(), { context: errors }],
  trafficRate: [
    () => trafficRate(),
    { context: (value, unit) => ({ count: Math.round(value / unit) }) },
  ],
  threshold: [(unit) => threshold({ above: 200 * unit, below: -1 * unit }), { warmUp: 0 }],
  rateOfChange: [(unit) => rateOfChange({ above: 100 * unit }), { intervalsMs: [60_000] }],
  "rateOfChange, relative": [
    () => rateOfChange({ above: 1, relative: true }),
    { intervalsMs: [60_000] },
  ],
  allOf: [
    (unit) => allOf(zScore(), { twin: threshold({ above: 200 * unit }) }),
    { context: inputs },
  ],
  anyOf: [
    (unit) => anyOf(iqr(), { twin: threshold({ above: 200 * unit }) }),
    { context: inputs, warmUp: 0 },
  ],
  quorum: [
    (unit) => quorum(2, holtWinters(), robustZ(), { twin: threshold({ above: 200 * unit }) }),
    { context: inputs },
  ],
  sustained: [(unit) => sustained(threshold({ above: 200 * unit }), 10_000), { warmUp: 0 }],
  filtered: [(unit) => filtered(zScore(), { minimumChange: 0.1, minimumDifference: 2 * unit })],
  "sustained anomalies": [() => sustained(ewma(), 2000)],
};

for (const [name, [make, options]] of Object.entries(KEPT)) {
  describe(`${name} keeps the detector contract`, () => {
    for (const { name: sentence, run } of detectorConformance(make, options)) {
      it(sentence, run);
    }
  });
}
