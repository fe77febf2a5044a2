/** A number of the caller's, held within its range; the fallback for what is none. */
export function within(value: unknown, fallback: number, min: number, max: number): number {
  if (typeof value !== "number" || Number.isNaN(value)) return fallback;
  return Math.min(max, Math.max(min, value));
}

/** A copy of the caller's options; empty for what is no object, or cannot be read. */
export function copyOf<T extends object>(options: T | undefined): Partial<T> {
  try {
    return typeof options === "object" ? { ...options } : {};
  } catch {
    return {};
  }
}
