import type { Detector, ObservationContext } from "../detector.js";
import { binomialSurprise, reaching } from "../method/bounds.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { numbers, real, whole } from "../method/options.js";
import { scoreOf } from "../method/score.js";
import { figure, percent } from "../method/words.js";
import { Pool } from "./pool.js";

export interface ErrorRatioOptions {
  /** Probability of as many errors as there are that is an alarm. @default 1e-6 */
  readonly probability?: number;
  /** Fewer errors in the last few windows are none. @default 5 */
  readonly minErrors?: number;
  /** Windows that the usual ratio reaches back. @default 2000 */
  readonly memory?: number;
}

interface Window {
  readonly count: number;
  readonly errors: number;
}

/** A count beyond it is none. */
const MOST = 1e15;
/** Windows, and requests in them, before which there is no usual ratio. */
const WINDOWS = 10;
const REQUESTS = 50;
/** Errors due in a window that is to tell. */
const LEAST_DUE = 0.25;
/** Errors that come in company, at least: of a thousand requests that share their fate at most one counts. */
const LEAST_COMPANY = 0.001;

/**
 * Whether there are more errors than chance makes of the usual ratio, given how many requests there were: by
 * the binomial distribution, of this window and of the last five or so together. One error in two
 * requests is nothing, a hundred in ten thousand may be.
 *
 * Needs `count` and `errors` in the context; the value is not looked at. Errors that come in company are
 * learned, and count for less. Fewer errors than usual are no alarm. State: 60 bytes.
 * @throws RangeError listing every fault of the options
 */
export function errorRatio(options?: ErrorRatioOptions): Detector {
  const settings = numbers("errorRatio", options, {
    probability: real(1e-15, 0.1, 1e-6),
    minErrors: whole(1, 1_000_000, 5),
    memory: whole(10, 1_000_000, 2000),
  });
  return detectorOf("errorRatio", () => new ErrorRatio(settings));
}

class ErrorRatio implements Method<Window> {
  windows = 0;
  /** Forgetting sums; `apart` and `pairs` are of squares, for how much errors come in company. */
  requests = 0;
  errors = 0;
  apart = 0;
  pairs = 0;
  readonly recent = new Pool(0.8);
  readonly #settings: Readonly<Required<ErrorRatioOptions>>;
  readonly #alarm: number;

  constructor(settings: Readonly<Required<ErrorRatioOptions>>) {
    this.#settings = settings;
    this.#alarm = -Math.log(settings.probability);
  }

  read(_value: number, context: ObservationContext | undefined): Window | undefined {
    const { count, errors } = context ?? {};
    if (typeof count !== "number" || typeof errors !== "number") return undefined;
    if (!(count >= 0 && count < MOST && errors >= 0)) return undefined;
    return { count, errors: Math.min(count, errors) };
  }

  judge({ count, errors }: Window): Judgement | undefined {
    if (this.windows < WINDOWS || this.requests < REQUESTS) return undefined;
    const ratio = this.#ratio;
    const independent = this.#independent(count);
    const upper = reaching(this.#alarm, ratio, 1, (share) =>
      binomialSurprise(share, independent, ratio),
    );
    const surprise = errors <= ratio * count ? 0 : this.#surprise(count, errors, ratio);
    return {
      score: scoreOf(surprise, this.#alarm),
      expected: ratio,
      lower: 0,
      upper: Math.min(1, Math.max(upper, this.#settings.minErrors / Math.max(1, count))),
      explain: () => {
        const usually = `usually ${percent(ratio)} do`;
        if (errors > upper * count) {
          return `${figure(errors)} of ${figure(count)} requests failed, ${percent(errors / count)}; ${usually}, and of so many chance makes ${percent(upper)} at most`;
        }
        const [failed, all] = this.recent.with(errors, count);
        return `${percent(failed / all)} of the requests of the last few windows failed; ${usually}`;
      },
    };
  }

  learn({ count, errors }: Window, _timeMs: number, judgement: Judgement | undefined): void {
    this.windows++;
    this.recent.learn(errors, count);
    // An incident teaches no more than the most that would have been none.
    const limit = (judgement?.upper ?? 1) * count;
    const counted =
      judgement !== undefined && judgement.score >= 0.5 ? Math.min(errors, limit) : errors;
    const kept = 1 - 1 / this.#settings.memory;
    const ratio = this.#ratio;
    const variance = ratio * (1 - ratio);
    // Where hardly an error is due, one says nothing of whether they come in company.
    if (judgement !== undefined && ratio * count > LEAST_DUE) {
      this.apart = kept * this.apart + (counted - ratio * count) ** 2 - count * variance;
      this.pairs = kept * this.pairs + count * (count - 1) * variance;
    }
    this.requests = kept * this.requests + count;
    this.errors = kept * this.errors + counted;
  }

  #surprise(count: number, errors: number, ratio: number): number {
    const [pooledErrors, pooledCount] = this.recent.with(errors, count);
    if (Math.max(errors, this.recent.happened + errors) < this.#settings.minErrors) return 0;
    const now = binomialSurprise(errors / count, this.#independent(count), ratio);
    const share = pooledErrors / pooledCount;
    if (share <= ratio) return now;
    return Math.max(now, binomialSurprise(share, this.#independent(pooledCount), ratio));
  }

  /** Half an error is taken for granted, where there has been none. */
  get #ratio(): number {
    return (this.errors + 0.5) / (this.requests + 1);
  }

  /** To how many independent requests so many amount, some of which share their fate. */
  #independent(count: number): number {
    // As much company as is sure: less by two standard errors.
    const sure = this.apart - 2 * Math.sqrt(2 * this.pairs * this.#ratio + this.errors);
    const company = this.pairs > 0 ? Math.min(1, sure / this.pairs) : 0;
    return count / (1 + Math.max(0, count - 1) * Math.max(LEAST_COMPANY, company));
  }
}
