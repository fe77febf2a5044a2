import { parseArgs } from "node:util";
import { ensureBuilt } from "../../scripts/built.mjs";
import { library } from "../lib/library.mjs";
import { number, table } from "../lib/table.mjs";
import { figuresOf, observe } from "./evaluate.mjs";

const OPTIONS = {
  detector: { type: "string", short: "d", default: "adaptive,zScore" },
  json: { type: "boolean", default: false },
  files: { type: "boolean", default: false },
  seed: { type: "string", default: "report" },
};

/** What the command line asks for. */
export function readArguments() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  return { ...values, folder: positionals[0] ?? process.env.AUSPEX_NAB };
}

/** Whether calling it without arguments gives a detector. */
function isDetector(factory) {
  try {
    const detector = factory();
    return typeof detector?.observe === "function" && typeof detector.save === "function";
  } catch {
    return false;
  }
}

/** @param names - comma-separated names of factories in `auspex/detectors`, or "all" */
export async function factories(names) {
  if (process.env.AUSPEX_DIST === undefined) ensureBuilt();
  const exported = await library("detectors");
  const wanted =
    names === "all"
      ? Object.keys(exported).filter((name) => isDetector(exported[name]))
      : names.split(",");
  const missing = wanted.filter((name) => !isDetector(exported[name]));
  if (missing.length > 0) throw new Error(`no detector without options: ${missing.join(", ")}`);
  return wanted.map((name) => ({ name, make: exported[name] }));
}

const HEADS = [
  "detector",
  "at 0.5",
  "best",
  "best at",
  "low FP",
  "low FP at 0.5",
  "low FN",
  "false alarms / 1,000",
  "caught",
  "F1",
  "µs / value",
  "state B",
];

/** Runs each detector over the series and prints its row; with `files`, one for each series too. */
export function compare(series, detectors, { json, files }) {
  const results = detectors.map(({ name, make }) => {
    const { judged, usPerValue, stateBytes } = observe(series, make);
    const each = judged.map((one, at) => ({ name: series[at].name, ...figuresOf([one]) }));
    return { name, usPerValue, stateBytes, ...figuresOf(judged), each };
  });
  if (json) {
    console.log(
      JSON.stringify(results.map(({ each, ...all }) => (files ? { ...all, each } : all))),
    );
    return;
  }
  table(HEADS, results.map(rowOf));
  if (!files) return;
  for (const { name, each } of results) {
    console.log(`\n${name}`);
    table(
      ["series", "at 0.5", "caught", "false alarms"],
      each.map((one) => [
        one.name,
        one.fixed.toFixed(1),
        `${one.caught}/${one.windows}`,
        String(one.falseAlarms),
      ]),
    );
  }
}

function rowOf(result) {
  return [
    result.name,
    result.fixed.toFixed(1),
    result.best.toFixed(1),
    Number.isFinite(result.bestThreshold) ? result.bestThreshold.toFixed(3) : "–",
    result.lowFalsePositive.toFixed(1),
    result.lowFalsePositiveFixed.toFixed(1),
    result.lowFalseNegative.toFixed(1),
    result.falseAlarmsPer1000.toFixed(2),
    `${result.caught}/${result.windows}`,
    result.f1.toFixed(2),
    number(result.usPerValue),
    String(result.stateBytes),
  ];
}
