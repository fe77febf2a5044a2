// Scores detectors on a folder in the shape of the Numenta Anomaly Benchmark, by its protocol and at 0.5.
//
//   node bench/detection/nab.mjs <folder> [--detector adaptive,zScore | all] [--files] [--json]
//
// The folder holds data/<category>/<name>.csv and labels/combined_windows.json; AUSPEX_NAB names it too.
// Without one, a small made-up folder beside this file is scored.
import { fileURLToPath } from "node:url";
import { readCorpus } from "./corpus.mjs";
import { compare, factories, readArguments } from "./detectors.mjs";

try {
  const asked = readArguments();
  const folder = asked.folder ?? fileURLToPath(new URL("fixture", import.meta.url));
  const detectors = await factories(asked.detector);
  compare(readCorpus(folder), detectors, asked);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
