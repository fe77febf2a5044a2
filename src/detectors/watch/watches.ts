import { guardedCall } from "../../diag/guarded-call.js";
import type { Signal } from "../../snapshot/events.js";
import type { OperationSnapshot, SaturationSnapshot } from "../../snapshot/model.js";
import { ErrorWatch } from "./error-watch.js";
import type { SignalWatch } from "./finding.js";
import { type FigureWindow, FurtherWatch, SIGNAL_OF } from "./further-watch.js";
import { LatencyWatch } from "./latency-watch.js";
import { MinimumChange } from "./minimum-change.js";
import { type OperationWindow, STEP_MS } from "./operation-window.js";
import type { ResolvedDetectionOptions } from "./options.js";
import { SaturationWatch, type SaturationWindow } from "./saturation-watch.js";
import { type Subject, Tracked } from "./tracked.js";
import { TrafficWatch } from "./traffic-watch.js";

/** What watches an operation by default: of which signal, its name, and the watch. */
const WATCHES: readonly (readonly [Signal, string, () => SignalWatch<OperationWindow>])[] = [
  ["errors", "error ratio", () => new ErrorWatch(STEP_MS)],
  ["latency", "latency distribution", () => new LatencyWatch(STEP_MS)],
  ["traffic", "traffic", () => new TrafficWatch(STEP_MS)],
];

/** What a detector of the host's watches: a figure of an operation, of windows of one length. */
export interface Further {
  readonly window: ResolvedDetectionOptions["further"][number]["window"];
  readonly tracked: Tracked<FigureWindow>;
}

/** Makes what watches an operation or a saturation, as the options say. */
export class Watches {
  /** @param tally - counts what detectors of the host threw */
  constructor(
    private readonly options: ResolvedDetectionOptions,
    private readonly tally: { callbackErrors: number },
  ) {}

  signalsOf({ name, attributes }: OperationSnapshot): readonly Tracked<OperationWindow>[] {
    const subject: Subject = { operation: name, attributes };
    return WATCHES.filter(([signal]) => this.options.signals[signal]).map(
      ([signal, detector, make]) => {
        return new Tracked(subject, signal, detector, this.#least(signal, make()));
      },
    );
  }

  furtherOf({ name: operation, attributes }: OperationSnapshot): readonly Further[] {
    const subject: Subject = { operation, attributes };
    return this.options.further
      .filter((each) => each.operation === "" || each.operation === operation)
      .flatMap(({ name, detector, figure, window }) => {
        const made = guardedCall(detector, this.tally);
        if (made === undefined) return [];
        const watch = new FurtherWatch(made, figure, this.tally);
        return [{ window, tracked: new Tracked(subject, SIGNAL_OF[figure], name, watch) }];
      });
  }

  saturationOf({ name, attributes }: SaturationSnapshot): Tracked<SaturationWindow> {
    const watch = this.#least("saturation", new SaturationWatch(STEP_MS));
    return new Tracked({ operation: name, attributes }, "saturation", "saturation", watch);
  }

  #least<W extends { readonly timeMs: number }>(
    signal: Signal,
    watch: SignalWatch<W>,
  ): SignalWatch<W> {
    const least = this.options.minimumChange[signal];
    return least === undefined ? watch : new MinimumChange(watch, signal, least);
  }
}
