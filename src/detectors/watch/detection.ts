import type { WatchContext, Watcher } from "../../readers/watcher.js";
import type { RelatedSeries } from "../../snapshot/events.js";
import type { OperationSnapshot, Snapshot } from "../../snapshot/model.js";
import type { Change } from "./episode.js";
import { OperationWindow, STEP_MS, secondsOf } from "./operation-window.js";
import type { ResolvedDetectionOptions } from "./options.js";
import { RuleWatch } from "./rule-watch.js";
import { fullOf } from "./saturation-watch.js";
import { DetectionState } from "./saved.js";
import type { Tracked } from "./tracked.js";
import { Watched, type WatchedOperation } from "./watched.js";

/** Up to so many are judged in one go; that is a few ms. */
const AT_ONCE = 200;
const MOST_RELATED = 5;
const LEAST_CORRELATION = 0.7;
const MOST_TRACES = 10;
const STEPS_PER = { "10s": 1, "1m": 6, "5m": 30 } as const;

/**
 * Watches latency, traffic, errors and saturation of everything in the snapshots, and tells of what is
 * unusual: fast by windows of ten seconds, against an hour and a longer memory.
 *
 * About 10 µs for an operation and step, and 8 KB.
 */
export class Detection implements Watcher {
  readonly name = "detectors";
  readonly intervalMs = STEP_MS;
  readonly #window = new OperationWindow();
  readonly #state = new DetectionState(() => this.#watched.entries());
  readonly #watched: Watched;
  readonly #rules: readonly RuleWatch[];
  #context: WatchContext | undefined;
  #steps = 0;
  #told = 0;

  /** @param tally - counts what detectors and filters of the host threw */
  constructor(
    private readonly options: ResolvedDetectionOptions,
    tally: { callbackErrors: number },
  ) {
    this.#watched = new Watched(options, tally, this.#state, () => this.#tellLimit());
    this.#rules = options.rules.map((rule) => new RuleWatch(rule, tally));
  }

  async start(context: WatchContext): Promise<void> {
    this.#context = context;
    await this.#state.load(context);
  }

  step(): void | Iterator<void> {
    const context = this.#context;
    if (context === undefined) return;
    const snapshot = context.snapshot("10s");
    this.#steps++;
    const work = this.#judge(snapshot, context);
    const { operations, saturation } = snapshot;
    if (operations.length + saturation.length > AT_ONCE) return work;
    while (!work.next().done);
  }

  async stop(timeoutMs: number): Promise<void> {
    await this.#state.stop(timeoutMs);
    this.#context = undefined;
  }

  *#judge(snapshot: Snapshot, context: WatchContext): Generator<void> {
    const now = context.clock.now();
    const seconds = secondsOf(snapshot);
    for (const operation of snapshot.operations) {
      const watched = this.#watched.operation(operation, now);
      // Even to turn many away takes its time.
      yield;
      if (watched === undefined) continue;
      this.#window.read(operation, snapshot.end, seconds);
      for (const tracked of watched.signals) {
        this.#tell(tracked, this.#window, tracked.look(this.#window), operation);
      }
    }
    yield* this.#absent(snapshot, seconds, now);
    yield* this.#further(context);
    if (this.options.signals.saturation) {
      for (const saturation of snapshot.saturation) {
        if (saturation.saturation === undefined) continue;
        const watched = this.#watched.saturation(saturation, now);
        if (watched === undefined) continue;
        const full = fullOf(saturation);
        const window = { timeMs: snapshot.end, seconds, saturation, full };
        this.#tell(watched, window, watched.look(window));
        yield;
      }
    }
    yield* this.#ruled(context, now);
    this.#watched.forget(now, (watched) => this.#close(watched, snapshot.end, seconds));
    this.#state.tick();
  }

  /** Idle series leave the snapshots; what was told of them is still to be ended. */
  *#absent({ end }: Snapshot, seconds: number, now: number): Generator<void> {
    for (const { signals, lastSeen } of this.#watched.operations()) {
      if (lastSeen === now || !signals.some(({ episode }) => episode.isOpen)) continue;
      this.#window.readNothing(end, seconds);
      for (const tracked of signals) {
        this.#tell(tracked, this.#window, tracked.look(this.#window));
      }
      yield;
    }
  }

  *#further(context: WatchContext): Generator<void> {
    if (this.options.further.length === 0) return;
    for (const [window, every] of Object.entries(STEPS_PER)) {
      if (this.#steps % every !== 0) continue;
      if (!this.options.further.some((each) => each.window === window)) continue;
      const snapshot = context.snapshot(window as keyof typeof STEPS_PER);
      for (const operation of snapshot.operations) {
        for (const { tracked, window: of } of this.#watched.furtherOf(operation)) {
          if (of !== window) continue;
          const seen = { timeMs: snapshot.end, operation };
          this.#tell(tracked, seen, tracked.look(seen), operation);
        }
        yield;
      }
    }
  }

  *#ruled(context: WatchContext, nowMs: number): Generator<void> {
    for (const rule of this.#rules) {
      const event = rule.look({ snapshot: context.snapshot(rule.window), nowMs }, () =>
        this.#nextId(),
      );
      if (event !== undefined) context.emit(event);
      yield;
    }
  }

  #nextId(): string {
    return `${this.#context?.incarnation.id ?? ""}/${++this.#told}`;
  }

  #tell<W extends { readonly timeMs: number }>(
    tracked: Tracked<W>,
    window: W,
    change: Change,
    operation?: OperationSnapshot,
  ): void {
    if (change === undefined) return;
    if (!tracked.episode.isKnown) {
      const related = change === "begun" ? this.#relatedTo(tracked as Tracked<never>) : [];
      const traceIds = [...new Set(operation?.exemplars.map(({ traceId }) => traceId))];
      const idOf = () => this.#nextId();
      const event = tracked.event(window, change, idOf, related, traceIds.slice(-MOST_TRACES));
      this.#context?.emit(event);
    }
    if (change === "accepted") tracked.accept();
  }

  #relatedTo(tracked: Tracked<never>): readonly RelatedSeries[] {
    const found: RelatedSeries[] = [];
    for (const [, other] of this.#watched.entries()) {
      if (other === tracked) continue;
      const correlation = tracked.values.correlation(other.values);
      if (Math.abs(correlation) < LEAST_CORRELATION) continue;
      found.push({ ...other.subject, signal: other.signal, correlation });
    }
    return found
      .sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation))
      .slice(0, MOST_RELATED);
  }

  #close({ signals, further }: WatchedOperation, timeMs: number, seconds: number): void {
    this.#window.readNothing(timeMs, seconds);
    for (const tracked of signals) {
      this.#tell(tracked, this.#window, tracked.episode.close());
    }
    for (const { tracked } of further) {
      // Its finding is of the window before.
      this.#tell(tracked as Tracked<never>, { timeMs } as never, tracked.episode.close());
    }
  }

  #tellLimit(): void {
    this.#context?.diag.warn(
      "detectors:limit",
      `detectors watch ${this.options.limit} operations and saturations, and no more; raise detectors.limit to have all watched`,
    );
  }
}
