/** Figures and durations as people read them. */

const STEPS: readonly [number, string][] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
];

/** `850 ms`, `45 s`, `6 min`, `3.2 h`. */
export function duration(ms: number): string {
  const [size, unit] = STEPS.find(([least]) => Math.abs(ms) >= least) ?? [1, "ms"];
  return `${short(ms / size)} ${unit}`;
}

/** A figure with its unit: `812 ms`, `5.2 %`, `12/s`. */
export function figure(value: number, unit: string): string {
  if (unit === "ms") return duration(value);
  if (unit === "1") return `${short(value * 100)} %`;
  if (unit === "1/s") return `${short(value)}/s`;
  return unit === "" ? short(value) : `${short(value)} ${unit}`;
}

/** Three significant digits, no exponent below 10²¹. */
function short(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

/** `1 alert`, `14 alerts`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
