import { HOUR, keptPerStep } from "./decay.js";
import { Dispersion } from "./dispersion.js";
import { binomialRatio, CALMING, Evidence, mixed } from "./evidence.js";
import { type Finding, percent, type SignalWatch, short } from "./finding.js";
import { BINS, lowestIn, type OperationWindow } from "./operation-window.js";

/** Ninety seconds at least: a deploy, a cold cache or a long collection is over by then. */
const LEAST_WINDOWS = 9;
const WARM_UP_WINDOWS = 60;
const WARM_UP_REQUESTS = 200;

/**
 * Where a distribution is watched: how many take longer than its usual quantile, and a little more.
 * A shift of the whole shows at the middle, one of the slow tail only at the end.
 */
const MARKS = [
  { quantile: 0.5, bins: 3, odds: 3, least: 1.3 },
  { quantile: 0.9, bins: 3, odds: 4, least: 1.35 },
  { quantile: 0.99, bins: 5, odds: 8, least: 1.6 },
] as const;

/** Scratch: share of all that is in a bin or above; the last is nothing. */
const tail = new Float64Array(BINS + 1);

/** Nearly all of them: an incident is as likely to be of this kind. */
const MANY = 4;

/** One quantile's evidence. */
class Mark {
  readonly evidence = new Evidence(LEAST_WINDOWS);
  readonly dispersion = new Dispersion();
  /** Slower than this bin counts. */
  above = BINS;
  /** The usual share of what counts. */
  share = 0;

  constructor(readonly about: (typeof MARKS)[number]) {}

  /** @param total - so many the tail is of */
  place(total: number): void {
    const { quantile, bins } = this.about;
    let bin = 0;
    while (bin < BINS - 1 && (tail[bin + 1] as number) > 1 - quantile) bin++;
    this.above = Math.min(BINS - 1, bin + bins);
    // As high as it may well be: nobody has seen enough to say so exactly, or that there is none.
    const seen = tail[this.above + 1] ?? 0;
    this.share = Math.min(
      0.5,
      Math.max(2e-4, seen + Math.sqrt((seen * (1 - seen)) / total) + 1 / total),
    );
  }

  ratioOf(hits: number, count: number): number {
    const { share } = this;
    const odds = (this.about.odds * share) / (1 - share);
    const shift = binomialRatio(hits, count, share, odds / (1 + odds));
    const many = MANY * odds;
    return mixed(shift, binomialRatio(hits, count, share, many / (1 + many)));
  }

  learn(hits: number, count: number): void {
    const { share } = this;
    if (count > 0)
      this.dispersion.learn((hits - count * share) ** 2 / (count * share * (1 - share)));
  }
}

/** The whole distribution of latencies against the usual one, by counts at three places of it. */
export class LatencyWatch implements SignalWatch<OperationWindow> {
  readonly #marks = MARKS.map((about) => new Mark(about));
  readonly #usual = new Float32Array(BINS);
  readonly #recent = new Float32Array(BINS);
  readonly #kept: number;
  #windows = 0;
  #seen = 0;

  constructor(stepMs: number) {
    this.#kept = keptPerStep(HOUR, stepMs);
  }

  get score(): number {
    return Math.max(...this.#marks.map(({ evidence }) => evidence.score));
  }

  get isAlarming(): boolean {
    return this.#marks.some(({ evidence }) => evidence.isAlarming);
  }

  look({ successes, bins }: OperationWindow): number {
    this.#windows++;
    for (let bin = 0; bin < BINS; bin++) {
      this.#recent[bin] = 0.85 * (this.#recent[bin] as number) + (bins[bin] as number);
    }
    const seen = Math.log(middleOf(bins) || middleOf(this.#recent) || 1);
    if (successes === 0) return seen;
    const isReady = this.#windows > WARM_UP_WINDOWS && this.#seen > WARM_UP_REQUESTS;
    if (isReady && (this.#windows % 6 === 0 || this.#marks[0]?.above === BINS)) this.#place();
    let isCalm = true;
    for (const mark of this.#marks) {
      if (!isReady) break;
      const hits = above(bins, mark.above);
      const ratio = mark.ratioOf(hits, successes);
      // However sure it is that something changed: less than this nobody wants to know of.
      const isWorth = ratio <= 0 || this.#times(mark.about.quantile) >= mark.about.least;
      mark.evidence.add(isWorth ? ratio : CALMING, mark.dispersion.divisor);
      if (!mark.evidence.isCalm) isCalm = false;
      else mark.learn(hits, successes);
    }
    if (isCalm) this.#learn(bins, successes);
    return seen;
  }

  finding(): Finding {
    const worst = [...this.#marks].sort((a, b) => b.evidence.level - a.evidence.level)[0] as Mark;
    const { quantile } = worst.about;
    const usual = quantileOf(this.#usual, quantile);
    const now = quantileOf(this.#recent, quantile);
    const total = sum(this.#recent);
    const share = total === 0 ? 0 : above(this.#recent, worst.above) / total;
    const limit = lowestIn(worst.above + 1);
    const times = usual === 0 ? 1 : now / usual;
    return {
      observed: now,
      expected: usual,
      lower: 0,
      upper: limit,
      unit: "ms",
      severity: times >= 2.5 && quantile < 0.99 ? "critical" : "warning",
      reason: `p${quantile * 100} is ${short(now)} ms, ${short(times)} times the usual ${short(usual)} ms: ${percent(share)} take longer than ${short(limit)} ms, usually ${percent(worst.share)} do`,
    };
  }

  affected({ bins }: OperationWindow): number {
    const alarming = this.#marks.filter(({ evidence }) => evidence.isAlarming);
    return Math.max(0, ...alarming.map((mark) => above(bins, mark.above)));
  }

  accept(): void {
    this.#usual.set(this.#recent);
    this.#seen = sum(this.#usual);
    this.#place();
    for (const { evidence } of this.#marks) evidence.reset();
  }

  save(): unknown {
    const bins: number[] = [];
    this.#usual.forEach((count, bin) => {
      if (count >= 0.01) bins.push(bin, Number(count.toFixed(2)));
    });
    return { bins, dispersion: this.#marks.map(({ dispersion }) => dispersion.value) };
  }

  restore(state: unknown): void {
    const { bins, dispersion } = (state ?? {}) as { bins?: unknown; dispersion?: unknown };
    if (!Array.isArray(bins) || !Array.isArray(dispersion)) return;
    for (let at = 0; at + 1 < bins.length; at += 2) {
      const [bin, count] = [bins[at], bins[at + 1]];
      if (Number.isInteger(bin) && bin >= 0 && bin < BINS && count > 0) this.#usual[bin] = count;
    }
    this.#marks.forEach((mark, at) => {
      mark.dispersion.restore(dispersion[at]);
    });
    this.#windows = WARM_UP_WINDOWS;
    this.#seen = sum(this.#usual) > 0 ? WARM_UP_REQUESTS + 1 : 0;
  }

  /** How much slower than usual a quantile of the last minute is. */
  #times(quantile: number): number {
    return quantileOf(this.#recent, quantile) / quantileOf(this.#usual, quantile);
  }

  #learn(bins: Float64Array, successes: number): void {
    this.#seen += successes;
    for (let bin = 0; bin < BINS; bin++) {
      this.#usual[bin] = this.#kept * (this.#usual[bin] as number) + (bins[bin] as number);
    }
  }

  #place(): void {
    const total = Math.max(2, sum(this.#usual));
    let seen = 0;
    for (let bin = BINS - 1; bin >= 0; bin--) {
      seen += this.#usual[bin] as number;
      tail[bin] = seen / total;
    }
    for (const mark of this.#marks) mark.place(total);
  }
}

type Bins = Float64Array | Float32Array;

function sum(bins: Bins): number {
  let total = 0;
  for (let bin = 0; bin < BINS; bin++) total += bins[bin] as number;
  return total;
}

function above(bins: Bins, limit: number): number {
  let count = 0;
  for (let bin = limit + 1; bin < BINS; bin++) count += bins[bin] as number;
  return count;
}

/** In ms; 0 of nothing. */
function quantileOf(bins: Bins, quantile: number): number {
  const rank = quantile * sum(bins);
  if (rank === 0) return 0;
  let seen = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const here = bins[bin] as number;
    if (here > 0 && seen + here >= rank) return lowestIn(bin + (rank - seen) / here);
    seen += here;
  }
  return 0;
}

function middleOf(bins: Bins): number {
  return quantileOf(bins, 0.5);
}
