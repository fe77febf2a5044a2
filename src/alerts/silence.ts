import { type Checks, isObject, show } from "../readers/checks.js";
import { checkMatchers, type Matchers, matchersOf } from "./matcher.js";
import type { SilenceOptions } from "./options.js";

/** A silence as `silences()` shows it. Times are epoch ms. */
export interface Silence {
  readonly id: string;
  readonly matchers: Matchers;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly by?: string;
  readonly comment?: string;
}

type Labels = Readonly<Record<string, string>>;

const KNOWN = ["matchers", "untilMs", "fromMs", "by", "comment"] as const;
const LIMIT = 1000;
const MAX_TEXT = 500;
/** The largest instant that a Date has. */
const END_OF_TIME_MS = 8.64e15;

/** @returns a copy that is fit to keep; undefined when it has a fault */
export function checkSilence(
  path: string,
  given: unknown,
  checks: Checks,
): (Omit<Silence, "id" | "fromMs"> & { readonly fromMs?: number }) | undefined {
  const before = checks.faults.length;
  if (!isObject(given)) {
    checks.fault(`${path} is ${show(given)}; give { matchers, untilMs }`);
    return undefined;
  }
  const silence = checks.exactly(`${path}.`, given as unknown as SilenceOptions, KNOWN);
  const { untilMs, fromMs, by, comment } = silence;
  const matchers = checkMatchers(`${path}.matchers`, silence.matchers ?? null, checks);
  if (matchers !== undefined && Object.keys(matchers).length === 0) {
    checks.fault(`${path}.matchers is empty, which is all alerts; give { severity: "*" } for that`);
  }
  checks.number(`${path}.untilMs`, untilMs ?? null, 0, 0, END_OF_TIME_MS, false);
  checks.number(`${path}.fromMs`, fromMs, 0, 0, END_OF_TIME_MS, false);
  checks.type(`${path}.by`, by, ["string"], "give a text");
  checks.type(`${path}.comment`, comment, ["string"], "give a text");
  if (checks.faults.length > before || matchers === undefined || untilMs === undefined) {
    return undefined;
  }
  return {
    matchers,
    untilMs,
    ...(fromMs !== undefined && { fromMs }),
    ...(by !== undefined && { by: by.slice(0, MAX_TEXT) }),
    ...(comment !== undefined && { comment: comment.slice(0, MAX_TEXT) }),
  };
}

/** Silences of now and of the future. By the wall clock: people set them. */
export class Silences {
  readonly #list = new Map<string, { silence: Silence; fits: (labels: Labels) => boolean }>();

  /** @returns false: there are too many */
  add(silence: Silence): boolean {
    if (this.#list.size >= LIMIT && !this.#list.has(silence.id)) return false;
    const fits = matchersOf(silence.matchers) ?? (() => false);
    this.#list.set(silence.id, { silence, fits });
    return true;
  }

  remove(id: string): boolean {
    return this.#list.delete(id);
  }

  forget(wallMs: number): void {
    for (const [id, { silence }] of this.#list) {
      if (silence.untilMs <= wallMs) this.#list.delete(id);
    }
  }

  /** The silence that keeps an alert quiet now. */
  of(labels: Labels, wallMs: number): Silence | undefined {
    for (const { silence, fits } of this.#list.values()) {
      if (silence.fromMs <= wallMs && wallMs < silence.untilMs && fits(labels)) return silence;
    }
    return undefined;
  }

  list(): readonly Silence[] {
    return Array.from(this.#list.values(), ({ silence }) => silence);
  }
}
