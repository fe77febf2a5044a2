import { random } from "./statistics.mjs";

const VALUES = 65_536;
export const MASK = VALUES - 1;

/** Durations in ms, even on a logarithmic scale over three octaves, 4 … 32 ms. */
export function durations() {
  const next = random(1);
  return Float64Array.from({ length: VALUES }, () => 4 * 2 ** (3 * next()));
}

/** The same as whole µs. */
export function wholeMicroseconds() {
  return durations().map((value) => Math.round(value * 1000));
}
