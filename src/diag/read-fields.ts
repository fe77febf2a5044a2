/**
 * The named fields of a foreign object, each read once, as a plain object.
 *
 * Never throws: what is no object has none, and a getter that throws leaves its field out.
 * @param onThrow - told of each field that could not be read
 */
export function readFields<T extends object, K extends keyof T & string>(
  given: T | null | undefined,
  names: readonly K[],
  onThrow?: (name: K) => void,
): Partial<Pick<T, K>> {
  const entries: [K, unknown][] = [];
  if ((typeof given === "object" || typeof given === "function") && given !== null) {
    for (const name of names) {
      try {
        entries.push([name, given[name]]);
      } catch {
        onThrow?.(name);
      }
    }
  }
  return Object.fromEntries(entries) as Partial<Pick<T, K>>;
}
