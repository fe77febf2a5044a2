import { median } from "../../baselines/quantiles.js";
import { trend } from "../../baselines/trend/trend.js";
import { figure } from "../../baselines/words.js";
import type { Finding, Teller } from "../insights/teller.js";
import type { Series } from "./series.js";

const LEAST_POINTS = 20;
/** A series diverges when its recent half gets worse for sure, and is so much above its best. */
const DIVERGENCE = 0.1;
const SURE = 0.99;
/** Values in a row that are no number. */
const LOST = 3;

type Verdict = Pick<Finding, "kind" | "severity" | "reason" | "advice" | "data">;

/** Tells of a series that diverges, has converged or goes no further; of one of them at a time. */
export function judgeSeries(series: Series, teller: Teller, timeMs: number): void {
  const verdict = verdictOf(series);
  for (const kind of ["diverging", "converged", "loss_plateau"]) {
    const isOn = verdict?.kind === kind;
    teller.judge(JSON.stringify(["series", series.name, kind]), isOn, timeMs, () => ({
      operation: series.name,
      signal: "series",
      ...(projectOf(series.name) !== undefined && { alert: "training" as const }),
      ...(isOn ? verdict : { ...moving(kind), data: {} }),
      data: {
        type: kind === "converged" ? "convergence_detected" : kind,
        projectId: projectOf(series.name),
        ...(isOn ? verdict.data : {}),
      },
    }));
  }
}

/** `proj-1` of `training:proj-1:loss`. */
export function projectOf(name: string): string | undefined {
  const [category, project] = name.split(":", 2);
  return category === "training" ? project : undefined;
}

function moving(kind: string): Pick<Finding, "kind" | "severity" | "reason"> {
  return { kind, severity: "info", reason: "it moves as it should again" };
}

function verdictOf(series: Series): Verdict | undefined {
  const { goal, notFiniteRun } = series;
  if (notFiniteRun >= LOST) {
    return {
      kind: "diverging",
      severity: "critical",
      reason: `the last ${notFiniteRun} values are no numbers`,
      advice: "go back to the last checkpoint, and reduce the learning rate",
      data: { notFinite: notFiniteRun },
    };
  }
  if (goal === undefined || series.points({ last: LEAST_POINTS }).length < LEAST_POINTS) {
    return undefined;
  }
  return divergingOf(series, goal) ?? restingOf(series);
}

function divergingOf(series: Series, goal: "down" | "up"): Verdict | undefined {
  const points = series.points().map(({ step, value }) => ({ timeMs: step, value }));
  const recent = points.slice(-Math.max(LEAST_POINTS, Math.floor(points.length / 4)));
  const worse = goal === "down" ? "up" : "down";
  const found = trend(recent, { worse, level: SURE, minChange: DIVERGENCE });
  if (found.kind !== "degradation") return undefined;
  const sign = goal === "down" ? 1 : -1;
  const end = median(recent.slice(-5).map(({ value }) => value));
  const best = bestOf(points.map(({ value }) => value * sign)) * sign;
  if ((end - best) * sign <= DIVERGENCE * Math.abs(best || end)) return undefined;
  return {
    kind: "diverging",
    severity: "warning",
    reason: `${found.reason}; it was ${figure(best)} at its best`,
    advice: "consider reducing the learning rate, or going back to the best checkpoint",
    data: { best, current: end, slope: found.slope, volatility: found.volatility },
  };
}

/** The least of medians of five: one lucky batch is no best. */
function bestOf(values: readonly number[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 5 <= values.length; at += 5) {
    best = Math.min(best, median(values.slice(at, at + 5)));
  }
  return best;
}

function restingOf(series: Series): Verdict | undefined {
  const converged = series.convergence();
  if (converged.converged) {
    return {
      kind: "converged",
      severity: "info",
      reason: converged.reason,
      advice: converged.advice,
      data: { change: converged.change, limit: converged.limit },
    };
  }
  const flat = series.plateau();
  if (!flat.plateau) return undefined;
  return {
    kind: "loss_plateau",
    severity: "warning",
    reason: `a plateau ${flat.reason}`,
    advice: "consider reducing the learning rate or early stopping",
    data: { level: flat.level, sinceStep: flat.sinceMs },
  };
}
