import { inFreshProcess } from "./children.mjs";
import { overProcesses } from "./statistics.mjs";

/** Runs contenders of a scenario, `processes` times each by turns. @returns figures by contender and variant */
export async function measure(scenario, contenders, { flags, processes }) {
  const runs = Object.fromEntries(contenders.map((contender) => [contender, []]));
  for (let i = 0; i < processes; i++) {
    for (const contender of contenders) {
      runs[contender].push(await inFreshProcess(scenario, contender, { flags }));
    }
  }
  const merged = {};
  for (const [contender, results] of Object.entries(runs)) {
    merged[contender] = {};
    for (const variant of Object.keys(results[0])) {
      merged[contender][variant] = overProcesses(results.map((result) => result[variant]));
    }
  }
  return merged;
}

/** The figure of a row in the row's unit. */
export function inUnit(row, figure) {
  if (figure === undefined) return undefined;
  // Those without are in µs as they are.
  if (row.unit === "µs" && figure.us !== undefined) {
    const factor = figure.us / figure.value;
    return { ...figure, ...scaled(figure, factor), clocks: figure.value };
  }
  return row.unit === "% of a core" ? { ...figure, ...scaled(figure, 100) } : figure;
}

function scaled({ value, low, high }, factor) {
  return { value: value * factor, low: low * factor, high: high * factor };
}
