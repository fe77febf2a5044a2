import type { Case, Quiet } from "./case.js";
import { Inhibitions, type ResolvedInhibition } from "./inhibit.js";
import { MaintenanceWindow, type ResolvedMaintenance } from "./maintenance.js";
import { Silences } from "./silence.js";
import { duration } from "./words.js";

/** Every reason there is not to tell of an alert that fires. */
export class Quieting {
  readonly silences = new Silences();
  readonly #inhibitions: Inhibitions;
  readonly #windows: readonly MaintenanceWindow[];
  #open: readonly MaintenanceWindow[] = [];
  #wallMs = 0;
  #nowMs = 0;

  constructor(inhibit: readonly ResolvedInhibition[], maintenance: readonly ResolvedMaintenance[]) {
    this.#inhibitions = new Inhibitions(inhibit);
    this.#windows = maintenance.map((each) => new MaintenanceWindow(each));
  }

  /** Looks at the clocks and at what fires, once a step. @param wallMs - people's times are by this one */
  begin(firing: Iterable<Case>, nowMs: number, wallMs: number): void {
    this.#nowMs = nowMs;
    this.#wallMs = wallMs;
    this.silences.forget(wallMs);
    this.#open = this.#windows.filter((window) => window.isOpen(wallMs));
    const sources = Array.from(firing, ({ key, alert }) => ({ key, labels: alert.labels }));
    this.#inhibitions.update(sources, nowMs);
  }

  /** Names of the windows that are open now. */
  get maintenance(): readonly string[] {
    return this.#open.map(({ name }) => name);
  }

  of(one: Case): Quiet | undefined {
    const { key, alert, closedMs, coolMs } = one;
    const { labels, cooldownMs } = alert;
    if (closedMs !== undefined) return { kind: "resolved-by-hand", text: "resolved by hand" };
    const silence = this.silences.of(labels, this.#wallMs);
    if (silence !== undefined) {
      const { id, by, comment } = silence;
      const text = `silence ${id}${by === undefined ? "" : ` by ${by}`}${comment === undefined ? "" : `: ${comment}`}`;
      return { kind: "silence", text };
    }
    const window = this.#open.find((each) => each.fits(labels));
    if (window !== undefined) return { kind: "maintenance", text: window.name };
    const source = this.#inhibitions.of({ key, labels });
    if (source !== undefined) {
      return { kind: "inhibited", text: `by ${source["alertname"]} of ${source["operation"]}` };
    }
    // Who was told that it fires has not been told that it was over.
    if (!one.isTold && coolMs !== undefined && this.#nowMs - coolMs < cooldownMs) {
      return { kind: "cooldown", text: `it was over ${duration(this.#nowMs - coolMs)} ago` };
    }
    return undefined;
  }
}
