import { createHash } from "node:crypto";
import type { AttributesData } from "../snapshot/model.js";

/** Which series of a process: the same text for the same name and attributes, in whatever order. */
export function seriesKey(name: string, attributes: AttributesData): string {
  const keys = Object.keys(attributes);
  if (keys.length === 0) return JSON.stringify([name]);
  return JSON.stringify([name, ...keys.sort().flatMap((key) => [key, String(attributes[key])])]);
}

/** Which alert, group or notice, in 16 hexadecimal digits: the same in every process, over restarts. */
export function hashOf(...parts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
