import { isList, isObject } from "../readers/checks.js";

/** What is read from a store may be anything: these take what can be used, and nothing else. */

export function countIn(value: unknown): number {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : 0;
}

/** The last ones. */
export function countsIn(value: unknown, most: number): number[] {
  return isList(value) ? value.slice(-most).map(countIn) : [];
}

/** Its fields; none where it is no object. */
export function fieldsIn(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

/** The last ones. */
export function listIn(value: unknown, most: number): Readonly<Record<string, unknown>>[] {
  return isList(value) ? value.slice(-most).filter(isObject) : [];
}
