import type { Block } from "./block.js";
import { type Living, MergeJob, type Scratch } from "./merge-job.js";

export const WINDOWS = ["10s", "1m", "5m", "1h", "total"] as const;
export type WindowName = (typeof WINDOWS)[number];

const SPAN_MS: Record<WindowName, number> = {
  "10s": 10_000,
  "1m": 60_000,
  "5m": 300_000,
  "1h": 3_600_000,
  total: Number.POSITIVE_INFINITY,
};

/** Series merged in one step whatever the pace: few series finish at once. */
const MIN_STEP = 64;
/** A level's merge is spread over this share of the time until the next one. */
const PACE = 0.8;

/** Blocks of about one length. Each tier is made of whole blocks of the tier before. */
interface Tier {
  /** ms on the monotonic grid. */
  readonly span: number;
  /** Blocks are kept this long for the windows that read them, and until the next tier has them. */
  readonly keep: number;
  blocks: Block[];
  /** Monotonic end of what has been merged from the tier before. */
  mergedTo: number;
  job: MergeJob | undefined;
}

/** What had to give way to the byte budget. */
export interface WindowTally {
  bytes: number;
  /** Pairs of old blocks merged into one of twice the length. */
  coarsened: number;
  /** Blocks given up before their window was over: the window then begins later. */
  dropped: number;
}

/**
 * The last hour and all there ever was, in tiers 1 s → 10 s → 1 min → 5 min, and a total.
 *
 * A window is the fewest blocks that reach back at least its span; the oldest of them may reach up to
 * one block further (10 s for a minute), and `start` says so. A closed block never changes.
 */
export class RollingWindow {
  readonly tally: WindowTally = { bytes: 0, coarsened: 0, dropped: 0 };
  readonly #tiers: Tier[];
  #total: Block | undefined;
  #totalJob: MergeJob | undefined;
  /** Between the last two closings: late, or spaced out, they are longer than `intervalMs`. */
  #tickMs: number;
  #coarsening: { tier: Tier; job: MergeJob } | undefined;

  constructor(
    private readonly intervalMs: number,
    private readonly budgetBytes: number,
    /** Monotonic ms: where the grid and the total begin. */
    private readonly origin: number,
    private readonly living: Living,
    private readonly scratch: Scratch,
    private readonly onExpired: (count: number) => void,
  ) {
    this.#tickMs = intervalMs;
    const tier = (span: number, keep: number): Tier => {
      return { span, keep, blocks: [], mergedTo: origin, job: undefined };
    };
    this.#tiers = [
      tier(intervalMs, 10_000),
      tier(10_000, 60_000),
      tier(60_000, 300_000),
      tier(300_000, 3_600_000),
    ];
  }

  /** Takes the next closed block and moves the merges on by one tick. */
  push(block: Block): void {
    this.#tickMs = Math.max(this.intervalMs, block.end - block.start);
    this.#tiers[0].blocks.push(block);
    this.#tiers[0].mergedTo = block.end;
    for (let level = 1; level < this.#tiers.length; level++) this.#advance(level);
    this.#advanceTotal();
    for (let level = 0; level < this.#tiers.length; level++) this.#trim(level, block.end);
    this.#keepWithinBudget();
  }

  /** The blocks of a window that ends now, newest first. @param now - monotonic ms */
  blocks(window: WindowName, now: number): Block[] {
    if (window === "total") {
      const recent = this.#tile(this.#total?.end ?? this.origin);
      return this.#total === undefined ? recent : [...recent, this.#total];
    }
    return this.#tile(now - SPAN_MS[window]);
  }

  /** Whole blocks from the newest back to `target` or a little further. */
  #tile(target: number): Block[] {
    const tiles: Block[] = [];
    let cursor = this.#tiers[0].blocks.at(-1)?.end ?? this.origin;
    while (cursor > target) {
      const chosen = this.#endingAt(cursor, target);
      if (chosen === undefined) break;
      tiles.push(chosen);
      cursor = chosen.start;
    }
    return tiles;
  }

  /** The coarsest block that does not reach beyond `target`, unless only one that does leads there. */
  #endingAt(cursor: number, target: number): Block | undefined {
    let chosen: Block | undefined;
    let leadsThere = false;
    for (const { blocks } of this.#tiers) {
      const block = endingAt(blocks, cursor);
      if (block === undefined || (block.start < target && leadsThere)) continue;
      chosen = block;
      leadsThere = blocks[0].start <= target;
    }
    return chosen;
  }

  #advance(level: number): void {
    const tier = this.#tiers[level];
    const finer = this.#tiers[level - 1];
    if (tier.job === undefined) {
      const sources = this.#dueSources(tier, finer);
      if (sources === undefined) return;
      tier.job = new MergeJob(sources, this.living, this.scratch);
    }
    const merged = tier.job.step(this.#pace(tier.job, tier.span));
    if (merged === undefined) return;
    tier.job = undefined;
    tier.blocks.push(merged);
    tier.mergedTo = merged.end;
  }

  /** Blocks of the finer tier up to a boundary of this one, when the finer tier has reached it. */
  #dueSources(tier: Tier, finer: Tier): Block[] | undefined {
    const newest = finer.blocks.at(-1)?.end ?? tier.mergedTo;
    if (this.#cell(newest, tier.span) <= this.#cell(tier.mergedTo, tier.span)) return undefined;
    const pending = finer.blocks.filter((block) => block.start >= tier.mergedTo);
    if (pending.length === 0) return undefined;
    const first = this.#cell(pending[0].start, tier.span);
    const at = pending.findIndex((block) => this.#cell(block.end, tier.span) > first);
    return at < 0 ? undefined : pending.slice(0, at + 1);
  }

  /** Ticks come a little early or late: half an interval belongs to the boundary. */
  #cell(time: number, span: number): number {
    return Math.floor((time - this.origin + Math.min(this.intervalMs, span) / 2) / span);
  }

  #pace(job: MergeJob, span: number): number {
    const ticks = Math.max(1, Math.floor((PACE * span) / this.#tickMs));
    const ids = Math.max(...job.sources.map((block) => block.ids));
    return Math.max(MIN_STEP, Math.ceil(ids / ticks));
  }

  #advanceTotal(): void {
    const coarsest = this.#tiers[3];
    if (this.#totalJob === undefined) {
      const from = this.#total?.end ?? this.origin;
      if (coarsest.mergedTo <= from) return;
      const pending = coarsest.blocks.filter((block) => block.start >= from);
      if (pending.length === 0) return;
      const sources = this.#total === undefined ? pending : [this.#total, ...pending];
      this.#totalJob = new MergeJob(sources, this.living, this.scratch, this.onExpired);
    }
    const merged = this.#totalJob.step(this.#pace(this.#totalJob, coarsest.span));
    if (merged === undefined) return;
    this.#totalJob = undefined;
    this.#total = merged;
  }

  #trim(level: number, newest: number): void {
    const tier = this.#tiers[level];
    const safe = this.#passedOn(level);
    const keepFrom = Math.min(newest - tier.keep, safe);
    let stale = 0;
    while (stale < tier.blocks.length && tier.blocks[stale].end <= keepFrom) stale++;
    if (stale > 0) tier.blocks.splice(0, stale);
  }

  /** Monotonic end of the blocks of a tier that all who need them have merged. */
  #passedOn(level: number): number {
    const next = this.#tiers[level + 1]?.mergedTo ?? Number.POSITIVE_INFINITY;
    const total = level === 3 ? (this.#total?.end ?? this.origin) : Number.POSITIVE_INFINITY;
    return Math.min(next, total);
  }

  #keepWithinBudget(): void {
    let bytes = this.#total?.bytes ?? 0;
    for (const tier of this.#tiers) for (const block of tier.blocks) bytes += block.bytes;
    this.tally.bytes = bytes;
    if (this.#coarsening !== undefined) this.#stepCoarsening();
    else if (bytes > this.budgetBytes) this.#giveWay();
  }

  /** Doubles the oldest pair of 5-min blocks while there are enough of them, else gives up the oldest. */
  #giveWay(): void {
    const coarsest = this.#tiers[3];
    // Only what the total has: it takes whole blocks, and must not miss half of one.
    const settled = coarsest.blocks.filter((block) => block.end <= this.#passedOn(3));
    if (settled.length > 4) {
      const spans = settled.slice(0, -1).map((block, at) => settled[at + 1].end - block.start);
      const at = spans.indexOf(Math.min(...spans));
      const sources = coarsest.blocks.slice(at, at + 2);
      const job = new MergeJob(sources, this.living, this.scratch);
      this.#coarsening = { tier: coarsest, job };
      this.#stepCoarsening();
      return;
    }
    for (let level = 3; level > 0; level--) {
      const { blocks } = this.#tiers[level];
      if (blocks.length === 0 || blocks[0].end > this.#passedOn(level)) continue;
      blocks.shift();
      this.tally.dropped++;
      return;
    }
  }

  #stepCoarsening(): void {
    if (this.#coarsening === undefined) return;
    const { tier, job } = this.#coarsening;
    const merged = job.step(this.#pace(job, 10_000));
    if (merged === undefined) return;
    this.#coarsening = undefined;
    const at = tier.blocks.indexOf(job.sources[0]);
    // The window may have moved past them meanwhile.
    if (at < 0) return;
    tier.blocks.splice(at, 2, merged);
    this.tally.coarsened++;
  }
}

function endingAt(blocks: readonly Block[], end: number): Block | undefined {
  for (let at = blocks.length - 1; at >= 0; at--) {
    if (blocks[at].end === end) return blocks[at];
    if (blocks[at].end < end) return undefined;
  }
  return undefined;
}
