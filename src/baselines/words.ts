const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A figure with three digits and its unit; shares of one as percent. */
export function figure(value: number, unit = ""): string {
  if (unit === "1") return `${digits(100 * value)} %`;
  return unit === "" || typeof unit !== "string" ? digits(value) : `${digits(value)} ${unit}`;
}

function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(2);
  return String(Number(size >= 100 ? value.toFixed(0) : value.toPrecision(3)));
}

/** `3 h`, `2 h 10 min`, `12 d`: two units at most. */
export function duration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < MINUTE_MS) return `${Math.round(whole / 1000)} s`;
  if (whole < HOUR_MS) return `${Math.round(whole / MINUTE_MS)} min`;
  if (whole < 12 * HOUR_MS) return paired(Math.round(whole / MINUTE_MS), 60, "h", "min");
  if (whole < 2 * DAY_MS) return `${Math.round(whole / HOUR_MS)} h`;
  if (whole < 10 * DAY_MS) return paired(Math.round(whole / HOUR_MS), 24, "d", "h");
  return `${Math.round(whole / DAY_MS)} d`;
}

function paired(count: number, per: number, large: string, small: string): string {
  const rest = count % per;
  return `${Math.floor(count / per)} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

/** `2026-02-03 14:00 UTC` */
export function instant(timeMs: number): string {
  if (!(Math.abs(timeMs) <= 8.64e15)) return "an unknown time";
  return `${new Date(timeMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
