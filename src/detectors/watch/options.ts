import { type Checks, isObject, show } from "../../readers/checks.js";
import type { Signal } from "../../snapshot/events.js";
import type { OperationSnapshot } from "../../snapshot/model.js";
import type { Detector } from "../detector.js";
import { type SnapshotRule, WINDOWS } from "../rules/when.js";
import { FIGURES, type Figure } from "./figures.js";

export type { Figure } from "./figures.js";

/** A detector beside the default ones. */
export interface FurtherDetector {
  /** Names it in anomalies. */
  readonly name: string;
  /** Makes one for each operation: it learns that one alone. */
  readonly detector: () => Detector;
  /** What it is given. All figures are inputs of composites: `{ errorRatio: threshold({ above: 0.05 }) }`. */
  readonly figure: Figure;
  /** Of which window, and how often. @default "1m" */
  readonly window?: "10s" | "1m" | "5m";
  /** Name of the operations it watches. @default all */
  readonly operation?: string;
}

export interface DetectionOptions {
  /** Which signals are watched by default. @default all */
  readonly signals?: Readonly<Partial<Record<Signal, boolean>>>;
  /** Which operations are watched. @default all */
  readonly filter?: (
    operation: Pick<OperationSnapshot, "name" | "attributes" | "instrument">,
  ) => boolean;
  /** Detectors of your own, from `auspex/detectors` say. @default [] */
  readonly further?: readonly FurtherDetector[];
  /** Rules over the whole snapshot, each looked at every ten seconds: `when(…)` of `auspex/detectors`. @default [] */
  readonly rules?: readonly SnapshotRule[];
  /**
   * Least change that is told of, beside what each signal has built in. Latency and traffic: a share of what is
   * usual, 0.5 is half as slow again. Errors and saturation: points, 0.05 is five in a hundred.
   * @default what is built in
   */
  readonly minimumChange?: Readonly<Partial<Record<Signal, number>>>;
  /** Most operations and saturations watched; what comes beyond is counted. @default 1000 */
  readonly limit?: number;
}

export interface ResolvedDetectionOptions {
  readonly signals: Readonly<Record<Signal, boolean>>;
  readonly filter: NonNullable<DetectionOptions["filter"]>;
  readonly further: readonly Required<FurtherDetector>[];
  readonly rules: readonly SnapshotRule[];
  readonly minimumChange: Readonly<Partial<Record<Signal, number>>>;
  readonly limit: number;
}

const SIGNALS = ["latency", "traffic", "errors", "saturation"] as const satisfies readonly Signal[];

/** @returns undefined where nothing is to be watched */
export function resolveDetection(
  given: unknown,
  checks: Checks,
): ResolvedDetectionOptions | undefined {
  if (given === false) return undefined;
  const mend = "give true, false, or { signals, filter, further, rules }";
  checks.type("detectors", given, ["boolean", "object"], mend);
  const known = ["signals", "filter", "further", "rules", "minimumChange", "limit"] as const;
  const options = checks.exactly(
    "detectors.",
    isObject(given) ? (given as DetectionOptions) : undefined,
    known,
  );
  checks.type("detectors.signals", options.signals, ["object"], "give { traffic: false }, say");
  const signals = checks.exactly("detectors.signals.", options.signals, SIGNALS);
  for (const name of SIGNALS) {
    checks.type(`detectors.signals.${name}`, signals[name], ["boolean"], "give true or false");
  }
  checks.type("detectors.filter", options.filter, ["function"], "give a function of an operation");
  return {
    signals: { latency: true, traffic: true, errors: true, saturation: true, ...signals },
    filter: options.filter ?? (() => true),
    further: checks
      .list("detectors.further", options.further, "give a list: [{ name, detector, figure }]")
      .map((each, at) => furtherOf(each, `detectors.further[${at}].`, checks)),
    rules: rulesOf(options.rules, checks),
    minimumChange: minimumChangeOf(options.minimumChange, checks),
    limit: checks.number("detectors.limit", options.limit, 1000, 1, 100_000),
  };
}

function furtherOf(given: unknown, path: string, checks: Checks): Required<FurtherDetector> {
  const known = ["name", "detector", "figure", "window", "operation"] as const;
  const { name, detector, figure, window, operation } = checks.exactly(
    path,
    given as FurtherDetector,
    known,
  );
  if (typeof name !== "string" || name === "") {
    checks.fault(`${path}name is ${show(name)}; give a name`);
  }
  if (typeof detector !== "function") {
    checks.fault(`${path}detector is ${show(detector)}; give a function: () => zScore()`);
  }
  if (figure === undefined || !FIGURES.includes(figure)) {
    checks.fault(`${path}figure is ${show(figure)}; give one of ${FIGURES.join(", ")}`);
  }
  if (window !== undefined && !["10s", "1m", "5m"].includes(window)) {
    checks.fault(`${path}window is ${show(window)}; give "10s", "1m" or "5m"`);
  }
  checks.type(`${path}operation`, operation, ["string"], "give the name of an operation");
  return {
    name: name ?? "",
    detector: detector as () => Detector,
    figure: figure ?? "p95",
    window: window ?? "1m",
    operation: operation ?? "",
  };
}

/** Each rule once: it remembers since when it has held. */
function rulesOf(given: unknown, checks: Checks): readonly SnapshotRule[] {
  const seen = new Set<unknown>();
  return checks.list("detectors.rules", given, "give a list: [when(…)]").filter((each, at) => {
    const path = `detectors.rules[${at}]`;
    const fields = ["name", "window", "severity", "judge"] as const;
    const { name, window, judge } = checks.fields(`${path}.`, each as SnapshotRule, fields);
    const isRule = typeof judge === "function" && typeof name === "string";
    if (!isRule || !WINDOWS.includes(window as string)) {
      checks.fault(`${path} is ${show(each)}; give what when(…) of auspex/detectors answers`);
    } else if (seen.has(each)) checks.fault(`${path} is there already; give each rule once`);
    seen.add(each);
    return true;
  }) as readonly SnapshotRule[];
}

function minimumChangeOf(
  given: unknown,
  checks: Checks,
): ResolvedDetectionOptions["minimumChange"] {
  const path = "detectors.minimumChange";
  checks.type(path, given, ["object"], "give { latency: 0.5 }, say");
  const least = checks.exactly(`${path}.`, given as DetectionOptions["minimumChange"], SIGNALS);
  for (const signal of SIGNALS) {
    const most = signal === "latency" || signal === "traffic" ? 100 : 1;
    checks.number(`${path}.${signal}`, least[signal], 0, 0, most, false);
  }
  return least;
}
