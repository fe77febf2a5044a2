/** An instant as OpenTelemetry's `HrTime`: whole seconds and nanoseconds, exact to the last digit. */
export type HrTime = [seconds: number, nanos: number];

/** @param ms - epoch milliseconds, with a fraction or without; before 1970 and nonsense are 0 */
export function hrTimeOf(ms: number): HrTime {
  if (!(ms > 0 && ms < Number.POSITIVE_INFINITY)) return [0, 0];
  const seconds = Math.floor(ms / 1000);
  const nanos = Math.round((ms - seconds * 1000) * 1e6);
  return nanos < 1e9 ? [seconds, nanos] : [seconds + 1, 0];
}

/** Nanoseconds since 1970 are beyond 2^53: as text, exact. */
export function unixNanos(ms: number): string {
  const [seconds, nanos] = hrTimeOf(ms);
  return seconds === 0 ? String(nanos) : `${seconds}${String(nanos).padStart(9, "0")}`;
}
