import { DAY, HOUR, keptPerStep } from "./decay.js";
import { WanderingDispersion } from "./dispersion.js";
import { binomialRatio, Evidence } from "./evidence.js";
import { type Finding, numbersOf, percent, type SignalWatch } from "./finding.js";
import type { OperationWindow } from "./operation-window.js";

/** What is known before anything is: one failure in a thousand, as sure as 500 requests make one. */
const PRIOR_ERRORS = 0.5;
const PRIOR_REQUESTS = 500;
/** Windows and requests before it judges. */
const WARM_UP_WINDOWS = 30;
const WARM_UP_REQUESTS = 100;
/** A minute at least. */
const LEAST_WINDOWS = 6;
const LEAST_RATIO = 1e-4;

/**
 * Failures of all requests against what is usual, by how likely so many are: one of two at night is
 * chance, fifty of ten thousand may be none.
 */
export class ErrorWatch implements SignalWatch<OperationWindow> {
  readonly #evidence = new Evidence(LEAST_WINDOWS);
  readonly #dispersion = new WanderingDispersion();
  /**
   * The same with what is in doubt, taken over when that has turned out to be nothing: the first errors of
   * an incident must not be what makes the next ones count for little.
   */
  readonly #tentative = new WanderingDispersion();
  readonly #keptHour: number;
  readonly #keptDay: number;
  #hour = { errors: PRIOR_ERRORS, requests: PRIOR_REQUESTS };
  #day = { errors: PRIOR_ERRORS, requests: PRIOR_REQUESTS };
  /** The last few minutes, whatever they were. */
  #recent = { errors: 0, requests: 0 };
  /** In doubt: learned when it turns out to be nothing, or what is usual would be too low. */
  #doubtful = { errors: 0, requests: 0 };
  #windows = 0;
  #seen = 0;
  #wasStruck = false;

  constructor(stepMs: number) {
    this.#keptHour = keptPerStep(HOUR, stepMs);
    this.#keptDay = keptPerStep(DAY, stepMs);
  }

  get score(): number {
    return this.#evidence.score;
  }

  get isAlarming(): boolean {
    return this.#evidence.isAlarming;
  }

  /** The usual ratio: the worse of the last hours and the last days. */
  get usual(): number {
    const { errors, requests } = this.#hour;
    const hour = errors / requests;
    return Math.max(LEAST_RATIO, hour, this.#day.errors / this.#day.requests);
  }

  look({ requests, errors }: OperationWindow): number {
    this.#windows++;
    this.#seen += requests;
    this.#recent = {
      errors: 0.8 * this.#recent.errors + errors,
      requests: 0.8 * this.#recent.requests + requests,
    };
    const ratio = requests === 0 ? 0 : errors / requests;
    if (requests === 0) return ratio;
    const then = Math.min(0.5, this.usual);
    if (this.#windows > WARM_UP_WINDOWS && this.#seen > WARM_UP_REQUESTS) {
      const now = Math.min(0.9, Math.max(4 * then, then + 0.02, this.#struck()));
      this.#evidence.add(binomialRatio(errors, requests, then, now), this.#dispersion.divisor);
    }
    this.#vary(this.#tentative, errors, requests);
    if (!this.#evidence.isCalm) {
      this.#doubtful.errors += errors;
      this.#doubtful.requests += requests;
      this.#wasStruck ||= this.isAlarming;
      return ratio;
    }
    this.#settle();
    if (this.#evidence.isNone) this.#dispersion.follow(this.#tentative);
    fade(this.#hour, this.#keptHour, errors, requests);
    fade(this.#day, this.#keptDay, errors, requests);
    return ratio;
  }

  #vary(dispersion: WanderingDispersion, errors: number, requests: number): void {
    const usual = Math.min(0.5, this.usual);
    // About what is, not about the worst of what was: else a service that got better scatters for days.
    const mean = Math.min(usual, this.#hour.errors / this.#hour.requests);
    dispersion.learn(errors - requests * mean, requests * usual * (1 - usual));
  }

  /**
   * While it alarms, "as ever" is weighed against what the incident is like, and is known again by a few
   * good requests; against the least that alarms, a quiet operation would take hours.
   */
  #struck(): number {
    const { errors, requests } = this.#doubtful;
    return this.#wasStruck && requests > 0 ? errors / requests / 2 : 0;
  }

  #settle(): void {
    const { errors, requests } = this.#doubtful;
    if (requests === 0) return;
    if (this.#wasStruck) {
      this.#tentative.follow(this.#dispersion);
    } else {
      for (const memory of [this.#hour, this.#day]) {
        memory.errors += errors;
        memory.requests += requests;
      }
    }
    this.#doubtful = { errors: 0, requests: 0 };
    this.#wasStruck = false;
  }

  finding(): Finding {
    const { errors, requests } = this.#recent;
    const observed = requests === 0 ? 0 : errors / requests;
    const expected = this.usual;
    const upper = Math.max(4 * expected, expected + 0.02);
    return {
      observed,
      expected,
      lower: 0,
      upper,
      unit: "1",
      severity: observed >= 0.05 ? "critical" : "warning",
      reason: `${percent(observed)} of the requests of the last minute fail, usually ${percent(expected)} do`,
    };
  }

  affected({ errors }: OperationWindow): number {
    return errors;
  }

  /** A clumsy caller now and then: errors come in company here. */
  know({ errors, requests }: OperationWindow): void {
    this.#vary(this.#dispersion, errors, requests);
    this.#tentative.follow(this.#dispersion);
  }

  accept(): void {
    const { errors, requests } = this.#recent;
    const ratio = requests === 0 ? 0 : errors / requests;
    for (const memory of [this.#hour, this.#day]) memory.errors = memory.requests * ratio;
    this.#doubtful = { errors: 0, requests: 0 };
    this.#tentative.follow(this.#dispersion);
    this.#wasStruck = false;
    this.#evidence.reset();
  }

  save(): unknown {
    const { errors, requests } = this.#hour;
    return [errors, requests, this.#day.errors, this.#day.requests, ...this.#dispersion.values];
  }

  restore(state: unknown): void {
    const numbers = numbersOf(state, 7);
    if (numbers === undefined) return;
    const [hourErrors, hourRequests, dayErrors, dayRequests, ...dispersion] = numbers as [
      number,
      number,
      number,
      number,
      ...number[],
    ];
    if (!(hourRequests > 0 && dayRequests > 0)) return;
    this.#hour = { errors: hourErrors, requests: hourRequests };
    this.#day = { errors: dayErrors, requests: dayRequests };
    this.#dispersion.values = dispersion;
    this.#tentative.follow(this.#dispersion);
    this.#windows = WARM_UP_WINDOWS;
    this.#seen = WARM_UP_REQUESTS;
  }
}

/** Toward what was known before anything was, and to what is seen. */
function fade(
  memory: { errors: number; requests: number },
  kept: number,
  errors: number,
  requests: number,
): void {
  memory.errors = kept * memory.errors + (1 - kept) * PRIOR_ERRORS + errors;
  memory.requests = kept * memory.requests + (1 - kept) * PRIOR_REQUESTS + requests;
}
