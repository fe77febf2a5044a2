import { badOf, type Events, ratioOf } from "./objective.js";

/** Targets that people choose among. */
const LADDER: readonly number[] = [0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999];

/** A target that leaves no room is broken next month: half of its budget must have been enough. */
const COMFORT = 0.5;

export interface TargetReview {
  /** Good ÷ all over what is known; 1 without events. */
  readonly ratio: number;
  readonly events: Events;
  /** Each target, whether it held, and how much of its budget would have been spent (1: all). */
  readonly targets: readonly {
    readonly objective: number;
    readonly held: boolean;
    readonly spent: number;
  }[];
  /** The strictest that would have held with half of its budget left; undefined where none did. */
  readonly suggested: number | undefined;
  /** In words. */
  readonly advice: string;
}

/** What target would have held. */
export function reviewOf(objective: number, events: Events): TargetReview {
  const ratio = ratioOf(events);
  const targets = [...new Set([...LADDER, objective])]
    .sort((a, b) => a - b)
    .map((each) => {
      const spent = (1 - ratio) / (1 - each);
      return { objective: each, held: ratio >= each, spent };
    });
  // With too few events even a spotless record promises little: one bad one must fit into the budget.
  const suggested = targets
    .filter(({ objective: each, spent }) => spent <= COMFORT && (1 - each) * events.total >= 1)
    .at(-1)?.objective;
  return { ratio, events, targets, suggested, advice: adviceOf(objective, events, suggested) };
}

function adviceOf(objective: number, events: Events, suggested: number | undefined): string {
  if (events.total === 0) return "nothing has been counted yet";
  const seen = `${percent(ratioOf(events))} of ${events.total} events were good`;
  if (suggested === undefined) {
    const why = badOf(events) === 0 ? "too few events to promise anything" : "no target held";
    return `${seen}; ${why} with half of its budget left`;
  }
  if (suggested === objective) return `${seen}; the target fits`;
  const way = suggested > objective ? "a stricter target" : "a looser target";
  return `${seen}; ${way} of ${percent(suggested)} would have held with half of its budget left`;
}

export function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(4))} %`;
}
