/** The value below which the share `p` of the numbers lies, between neighbours in proportion. */
export function quantile(numbers, p) {
  const sorted = Float64Array.from(numbers).sort();
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** Median and quartiles: arithmetic means are ruined by garbage collection and by neighbours. */
export function figure(numbers) {
  return {
    value: median(numbers),
    low: quantile(numbers, 0.25),
    high: quantile(numbers, 0.75),
    repetitions: numbers.length,
  };
}

/** Several processes' figures as one: the median of their medians, and all that lies between them. */
export function overProcesses(figures) {
  if (figures.length === 1) return { ...figures[0], processes: 1 };
  const values = figures.map(({ value }) => value);
  const merged = {
    value: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
    repetitions: figures[0].repetitions,
    processes: figures.length,
  };
  for (const key of ["us", "ns", "clockNs"]) {
    if (figures[0][key] !== undefined) merged[key] = median(figures.map((each) => each[key]));
  }
  return merged;
}

/** Whether a figure holds to its target: "over" only when no process held to it. */
export function verdict({ value, low }, target) {
  if (target === undefined) return "";
  if (value <= target) return "ok";
  return low > target ? "over" : "inconclusive";
}

/** A generator of numbers in [0, 1) that gives the same ones in every process (mulberry32). */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
