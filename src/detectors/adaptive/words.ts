import { duration, figure } from "../method/words.js";
import type { Outside, View } from "./view.js";

/** The reason for an alarm: in which context the value was never seen, and by how much. */
export function explain(
  value: number,
  values: View,
  departure: number,
  departures: View,
  rememberedMs: number,
): string {
  const out = values.outside(value);
  if (out !== undefined) {
    const extreme = value > out.high ? "highest" : "lowest";
    return `${extreme}${where(out)} in ${duration(rememberedMs)}: ${beyond(value, out, "")}`;
  }
  const far = departures.outside(departure);
  if (far === undefined) return "it is unusual in many respects at once";
  const way = departure > 0 ? "rise above" : "fall below";
  const size = beyond(departure, far, "departures ");
  return `steepest ${way} the recent mean${where(far)} in ${duration(rememberedMs)}: ${size}`;
}

/** The reason when the series hangs. */
export function repeated(value: number, run: number): string {
  return `stuck: ${figure(value)} has come ${figure(run + 1)} times in a row, of a series that seldom repeats`;
}

function where({ of, parts, part }: Outside): string {
  if (of === "level") return " from such a level";
  if (parts === 1) return "";
  const hours = 24 / parts;
  return ` for ${part * hours}–${(part + 1) * hours} h UTC`;
}

function beyond(value: number, { low, high }: Outside, what: string): string {
  const range = high - low;
  if (range === 0) return `${figure(value)}, where all ${what}were ${figure(low)}`;
  const excess = value > high ? value - high : low - value;
  const times = figure(Number((excess / range).toPrecision(2)));
  return `${figure(value)} is ${times} × the usual range outside of ${figure(low)} to ${figure(high)}`;
}
