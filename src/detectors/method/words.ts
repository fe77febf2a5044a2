/** A number as a person would write it: four digits at most, unless it has more before the point. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e4 && size < 1e12) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(4)));
}

/** A length of time in the largest unit it has one of; two where that is days. */
export function duration(ms: number): string {
  for (const [unit, length, least] of UNITS) {
    if (Math.abs(ms) >= least * length)
      return `${figure(Number((ms / length).toPrecision(3)))} ${unit}`;
  }
  return `${figure(ms)} ms`;
}

const UNITS = [
  ["days", 86_400_000, 2],
  ["h", 3_600_000, 1],
  ["min", 60_000, 1],
  ["s", 1000, 1],
] as const;

export function percent(share: number): string {
  return `${figure(Number((share * 100).toPrecision(3)))} %`;
}
