import { type ResolvedRetention, type RetentionTier, tiersOf } from "./retention.js";

const SPANS_MS = [60_000, 3_600_000, 86_400_000, 30 * 86_400_000];

/**
 * How much time one hash of roll-ups holds: a minute of 10-s steps, an hour of minutes, a day of hours.
 *
 * So a coarser step is made of one hash of the finer, and 90 days of hours are 90 hashes. It follows from
 * the step alone: whoever reads need not know how long anything is kept.
 */
export function chunkMs(stepMs: number): number {
  return SPANS_MS.find((span) => span > stepMs && span % stepMs === 0) ?? stepMs * 60;
}

/** Start of the step, window or hash of this length that an instant lies in. */
export function floorTo(timeMs: number, lengthMs: number): number {
  return Math.floor(timeMs / lengthMs) * lengthMs;
}

/** Starts of all steps that begin in `[fromMs, toMs)`. */
export function startsIn(fromMs: number, toMs: number, stepMs: number): number[] {
  const starts: number[] = [];
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at < toMs; at += stepMs) starts.push(at);
  return starts;
}

/** The field of one series in one step, within the hash that holds the step. No series id has a `|`. */
export function rollupField(id: string, stepMs: number, startMs: number): string {
  return `${id}|${((startMs % chunkMs(stepMs)) / stepMs).toString(36)}`;
}

/** Categories that are rolled up in the same steps, and how long each is kept. */
export interface RollupPlan {
  /** Finest first. */
  readonly stepsMs: readonly number[];
  isOf(category: string): boolean;
  keepMs(category: string, stepMs: number): number;
  /** The longest that any category keeps a step. */
  longestMs(stepMs: number): number;
}

/** One plan for each distinct list of steps. */
export function plansOf(retention: ResolvedRetention): readonly RollupPlan[] {
  const groups = new Map<string, (readonly RetentionTier[])[]>();
  for (const tiers of [retention.tiers, ...retention.byCategory.values()]) {
    const group = groups.get(stepsOf(tiers).join());
    if (group === undefined) groups.set(stepsOf(tiers).join(), [tiers]);
    else group.push(tiers);
  }
  return [...groups].map(([id, lists]) => ({
    stepsMs: stepsOf(lists[0]),
    isOf: (category) => stepsOf(tiersOf(retention, category)).join() === id,
    keepMs: (category, stepMs) => keepOf(tiersOf(retention, category), stepMs),
    longestMs: (stepMs) => Math.max(...lists.map((tiers) => keepOf(tiers, stepMs))),
  }));
}

/** How long the oldest roll-up of any category is kept. */
export function longestKept({ tiers, byCategory }: ResolvedRetention): number {
  return Math.max(...[tiers, ...byCategory.values()].flat().map(({ keepMs }) => keepMs));
}

function stepsOf(tiers: readonly RetentionTier[]): readonly number[] {
  return tiers.map(({ stepMs }) => stepMs);
}

function keepOf(tiers: readonly RetentionTier[], stepMs: number): number {
  return tiers.find((tier) => tier.stepMs === stepMs)?.keepMs ?? 0;
}
