import type { Attributes } from "../../attributes/attributes.js";
import type { GaugeSeries } from "../../instruments/gauge.js";
import type { Metrics } from "./metrics.js";

/** How much of one kind of work an agent has under way, against the most that it should. */
export class Concurrency {
  #active = 0;
  readonly #gauge: GaugeSeries;

  constructor(
    metrics: Metrics,
    attributes: Attributes,
    kind: string,
    private readonly limit: number,
  ) {
    this.#gauge = metrics.gauge("concurrency", { ...attributes, "auspex.agent.work": kind });
    this.#show();
  }

  enter(): void {
    this.#active++;
    this.#show();
  }

  leave(): void {
    this.#active--;
    this.#show();
  }

  #show(): void {
    this.#gauge.set(this.#active);
    this.#gauge.saturation = Math.min(1, this.#active / this.limit);
  }
}
