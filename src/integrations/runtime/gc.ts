import type { Probe } from "./probe.js";
import { counter, gauge, ratio, saturation } from "./reading.js";
import type { Sources } from "./sources.js";

const ofType = (type: string) =>
  counter("v8js.gc.duration", "s", "Seconds spent in garbage collection, by kind.", {
    "v8js.gc.type": type,
  });

/**
 * Time this thread spent collecting garbage.
 *
 * Node tells of a collection when the loop next turns, so one in a long block counts in the sample
 * after it. Cost: about 27 µs a collection, nearly all of it Node's making of the entry (376
 * scavenges a block, on and off in turns); a scavenge itself takes some 0.2–2 ms.
 */
export class GcProbe implements Probe {
  readonly name = "gc";
  readonly #major = ofType("major");
  readonly #minor = ofType("minor");
  readonly #incremental = ofType("incremental");
  readonly #weak = ofType("weakcb");
  readonly #utilization = gauge(
    "auspex.gc.utilization",
    "1",
    "Share of time spent in garbage collection.",
  );
  readonly readings = [
    this.#major,
    this.#minor,
    this.#incremental,
    this.#weak,
    this.#utilization,
  ] as const;

  readonly #release: () => void;
  #unsampledMs = 0;

  constructor({ observeGc }: Sources) {
    this.#release = observeGc((kind, durationMs) => {
      this.#counterOf(kind).value += durationMs / 1e3;
      this.#unsampledMs += durationMs;
    });
  }

  sample(elapsedMs: number): void {
    const share = saturation(ratio(this.#unsampledMs, elapsedMs));
    if (elapsedMs > 0) this.#unsampledMs = 0;
    this.#utilization.value = share ?? Number.NaN;
    this.#utilization.saturation = share;
  }

  stop(): void {
    this.#release();
  }

  /** V8's GCType: 1 scavenge, 2 minor mark-sweep, 4 mark-sweep-compact, 8 incremental, 16 weak callbacks. */
  #counterOf(kind: number) {
    if (kind === 4) return this.#major;
    if (kind === 8) return this.#incremental;
    if (kind === 16) return this.#weak;
    return this.#minor;
  }
}
