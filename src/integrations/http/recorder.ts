import type { Diag } from "../../diag/diag.js";
import type { CallbackTally } from "../../instruments/guarded-read.js";
import { INTERNALS, type Instrumented, processState } from "../../instruments/internals.js";
import type { Registry } from "../../instruments/registry.js";
import { Routes } from "./route.js";

/** Records the requests of HTTP servers for one monitor, whatever framework answers them. */
export class HttpServerRecorder {
  readonly registry: Registry;
  readonly routes: Routes;
  readonly diag: Diag;
  /** Where wrong answers of foreign callbacks are counted. */
  readonly callbacks: CallbackTally;

  constructor(auspex: Instrumented) {
    const { registry, diag, callbacks } = auspex[INTERNALS];
    this.registry = registry;
    this.routes = new Routes(registry);
    this.diag = diag;
    this.callbacks = callbacks;
  }

  /** The recorder of a monitor: one, whoever asks. */
  static of(auspex: Instrumented): HttpServerRecorder {
    const { perMonitor } = processState();
    const known = perMonitor.get(auspex) as HttpServerRecorder | undefined;
    if (known !== undefined) return known;
    const recorder = new HttpServerRecorder(auspex);
    perMonitor.set(auspex, recorder);
    return recorder;
  }
}
