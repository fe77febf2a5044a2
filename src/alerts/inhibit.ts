import { type Matchers, matchersOf } from "./matcher.js";

type Labels = Readonly<Record<string, string>>;

/** An alert that may keep others quiet, and itself be kept quiet. */
export interface Inhibitable {
  readonly key: string;
  readonly labels: Labels;
}

export interface ResolvedInhibition {
  readonly source: Matchers;
  readonly target: Matchers;
  readonly equal: readonly string[];
}

interface Rule {
  readonly isSource: (labels: Labels) => boolean;
  readonly isTarget: (labels: Labels) => boolean;
  readonly equal: readonly string[];
  /** Sources that fire, by the labels that must be equal; of each the key and when it was last seen. */
  readonly sources: Map<string, Map<string, { labels: Labels; seenMs: number }>>;
}

/** A target that takes a step longer to be over than its source is not told of in that step. */
const LINGER_MS = 60_000;

/**
 * Which alerts are kept quiet by another one. A source counts whether or not it is told of itself.
 *
 * An alert that fits both sides of a rule is no target of it, as in Alertmanager.
 */
export class Inhibitions {
  readonly #rules: readonly Rule[];

  constructor(inhibitions: readonly ResolvedInhibition[]) {
    this.#rules = inhibitions.map(({ source, target, equal }) => ({
      isSource: matchersOf(source) ?? (() => true),
      isTarget: matchersOf(target) ?? (() => true),
      equal,
      sources: new Map(),
    }));
  }

  /** Takes note of what fires. */
  update(firing: Iterable<Inhibitable>, nowMs: number): void {
    if (this.#rules.length === 0) return;
    for (const { key, labels } of firing) {
      for (const { isSource, equal, sources } of this.#rules) {
        if (!isSource(labels)) continue;
        const values = valuesOf(labels, equal);
        const known = sources.get(values);
        if (known === undefined) sources.set(values, new Map([[key, { labels, seenMs: nowMs }]]));
        else known.set(key, { labels, seenMs: nowMs });
      }
    }
    for (const { sources } of this.#rules) {
      for (const [values, known] of sources) {
        for (const [key, { seenMs }] of known) if (nowMs - seenMs > LINGER_MS) known.delete(key);
        if (known.size === 0) sources.delete(values);
      }
    }
  }

  /** Labels of the alert that keeps this one quiet. */
  of({ key, labels }: Inhibitable): Labels | undefined {
    for (const { isSource, isTarget, equal, sources } of this.#rules) {
      if (sources.size === 0 || !isTarget(labels) || isSource(labels)) continue;
      const known = sources.get(valuesOf(labels, equal));
      for (const [source, { labels: of }] of known ?? []) if (source !== key) return of;
    }
    return undefined;
  }
}

function valuesOf(labels: Labels, equal: readonly string[]): string {
  return JSON.stringify(equal.map((label) => labels[label] ?? ""));
}
