// Scores detectors on made-up service metrics: request rates, crash counts, latencies, error ratios, …
//
//   node bench/detection/services.mjs [--detector adaptive,zScore | all] [--seed report] [--files] [--json]
//
// Settings are chosen on the seed "choose" and reported on "report".
import { compare, factories, readArguments } from "./detectors.mjs";
import { makeServices } from "./service-series.mjs";

try {
  const asked = readArguments();
  const detectors = await factories(asked.detector);
  compare(makeServices(asked.seed, 6), detectors, asked);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
