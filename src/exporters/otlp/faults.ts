/** A value in a message about it; of a URL, never the user and password. */
export function show(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.replace(/\/\/[^/]*@/, "//…@").slice(0, 60));
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}

export function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** The name of an exporter, checked. */
export function nameOf(given: unknown, faults: string[], fallback = "otlp"): string {
  if (given === undefined) return fallback;
  if (typeof given === "string" && /^\S+$/.test(given)) return given;
  faults.push(`name is ${show(given)}; give a word without spaces`);
  return fallback;
}
