import { guardedCall } from "../../diag/guarded-call.js";
import type { WatchContext, Watcher } from "../../readers/watcher.js";
import type { RelatedSeries, Signal } from "../../snapshot/events.js";
import type { OperationSnapshot, SaturationSnapshot, Snapshot } from "../../snapshot/model.js";
import { HOUR } from "./decay.js";
import type { Change } from "./episode.js";
import { ErrorWatch } from "./error-watch.js";
import type { SignalWatch } from "./finding.js";
import { type FigureWindow, FurtherWatch, SIGNAL_OF } from "./further-watch.js";
import { LatencyWatch } from "./latency-watch.js";
import { MinimumChange } from "./minimum-change.js";
import { OperationWindow } from "./operation-window.js";
import type { ResolvedDetectionOptions } from "./options.js";
import { RuleWatch } from "./rule-watch.js";
import { SaturationWatch, type SaturationWindow } from "./saturation-watch.js";
import { DetectionState } from "./saved.js";
import { type Subject, Tracked } from "./tracked.js";
import { TrafficWatch } from "./traffic-watch.js";

const STEP_MS = 10_000;
/** Up to so many are judged in one go; that is a few ms. */
const AT_ONCE = 200;
/** Not in the snapshots for so long: let go, and what is usual kept, should it come back. */
const FORGET_MS = 4 * HOUR;
const MOST_RELATED = 5;
const LEAST_CORRELATION = 0.7;
const MOST_TRACES = 10;
const STEPS_PER = { "10s": 1, "1m": 6, "5m": 30 } as const;

/** What watches an operation by default: of which signal, its name, and the watch. */
const WATCHES: readonly (readonly [Signal, string, () => SignalWatch<OperationWindow>])[] = [
  ["errors", "error ratio", () => new ErrorWatch(STEP_MS)],
  ["latency", "latency distribution", () => new LatencyWatch(STEP_MS)],
  ["traffic", "traffic", () => new TrafficWatch(STEP_MS)],
];

interface WatchedOperation {
  readonly signals: readonly Tracked<OperationWindow>[];
  readonly further: readonly {
    readonly window: keyof typeof STEPS_PER;
    readonly tracked: Tracked<FigureWindow>;
  }[];
  lastSeen: number;
}

interface WatchedSaturation {
  readonly tracked: Tracked<SaturationWindow>;
  lastSeen: number;
}

/**
 * Watches latency, traffic, errors and saturation of everything in the snapshots, and tells of what is
 * unusual: fast by windows of ten seconds, against an hour and a longer memory.
 *
 * About 10 µs for an operation and step, and 8 KB.
 */
export class Detection implements Watcher {
  readonly name = "detectors";
  readonly intervalMs = STEP_MS;
  readonly #operations = new Map<string, WatchedOperation>();
  readonly #saturations = new Map<string, WatchedSaturation>();
  readonly #window = new OperationWindow();
  readonly #keys = new WeakMap<object, string>();
  readonly #state = new DetectionState(() => this.#entries());
  readonly #rules: readonly RuleWatch[];
  #context: WatchContext | undefined;
  #steps = 0;
  #told = 0;
  #isLimitTold = false;

  /** @param tally - counts what detectors and filters of the host threw */
  constructor(
    private readonly options: ResolvedDetectionOptions,
    private readonly tally: { callbackErrors: number },
  ) {
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
      const watched = this.#operationOf(operation, now);
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
        const watched = this.#saturationOf(saturation, now);
        if (watched === undefined) continue;
        const full = fullOf(saturation);
        const window = { timeMs: snapshot.end, seconds, saturation, full };
        this.#tell(watched, window, watched.look(window));
        yield;
      }
    }
    yield* this.#ruled(context, now);
    this.#forget(now, snapshot.end, seconds);
    this.#state.tick();
  }

  /** Idle series leave the snapshots; what was told of them is still to be ended. */
  *#absent({ end }: Snapshot, seconds: number, now: number): Generator<void> {
    for (const { signals, lastSeen } of this.#operations.values()) {
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
        const watched = this.#operations.get(this.#keyOf(operation));
        for (const { tracked, window: of } of watched?.further ?? []) {
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

  #operationOf(operation: OperationSnapshot, now: number): WatchedOperation | undefined {
    const key = this.#keyOf(operation);
    let watched = this.#operations.get(key);
    if (watched === undefined) {
      if (this.#isFull() || !this.#isWanted(operation)) return undefined;
      watched = this.#watched(operation);
      this.#operations.set(key, watched);
      for (const [name, tracked] of trackedOf(watched)) {
        this.#state.give(`${key} ${name}`, tracked);
      }
    }
    watched.lastSeen = now;
    return watched;
  }

  #watched(operation: OperationSnapshot): WatchedOperation {
    const { signals, further } = this.options;
    const subject: Subject = { operation: operation.name, attributes: operation.attributes };
    const own = WATCHES.filter(([signal]) => signals[signal]).map(([signal, detector, make]) => {
      return new Tracked(subject, signal, detector, this.#least(signal, make()));
    });
    const others = further
      .filter(({ operation: name }) => name === "" || name === operation.name)
      .flatMap(({ name, detector, figure, window }) => {
        const made = guardedCall(detector, this.tally);
        if (made === undefined) return [];
        const watch = new FurtherWatch(made, figure, this.tally);
        return [{ window, tracked: new Tracked(subject, SIGNAL_OF[figure], name, watch) }];
      });
    return { signals: own, further: others, lastSeen: 0 };
  }

  #saturationOf(
    saturation: SaturationSnapshot,
    now: number,
  ): Tracked<SaturationWindow> | undefined {
    const key = this.#keyOf(saturation);
    let watched = this.#saturations.get(key);
    if (watched === undefined) {
      if (this.#isFull()) return undefined;
      const subject: Subject = { operation: saturation.name, attributes: saturation.attributes };
      const watch = this.#least("saturation", new SaturationWatch(STEP_MS));
      const tracked = new Tracked(subject, "saturation", "saturation", watch);
      watched = { tracked, lastSeen: now };
      this.#saturations.set(key, watched);
      this.#state.give(`${key} saturation`, tracked);
    }
    watched.lastSeen = now;
    return watched.tracked;
  }

  #least<W extends { readonly timeMs: number }>(
    signal: Signal,
    watch: SignalWatch<W>,
  ): SignalWatch<W> {
    const least = this.options.minimumChange[signal];
    return least === undefined ? watch : new MinimumChange(watch, signal, least);
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
    for (const [, other] of this.#entries()) {
      if (other === tracked) continue;
      const correlation = tracked.values.correlation(other.values);
      if (Math.abs(correlation) < LEAST_CORRELATION) continue;
      found.push({ ...other.subject, signal: other.signal, correlation });
    }
    return found
      .sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation))
      .slice(0, MOST_RELATED);
  }

  /** Further detectors last: where there is no room to save all, they go without. */
  *#entries(): Generator<readonly [string, Tracked<never>]> {
    for (const [key, { signals }] of this.#operations) {
      for (const tracked of signals) yield [`${key} ${tracked.signal}`, tracked as Tracked<never>];
    }
    for (const [key, { tracked }] of this.#saturations) {
      yield [`${key} saturation`, tracked as Tracked<never>];
    }
    for (const [key, { further }] of this.#operations) {
      for (const { tracked } of further) {
        yield [`${key} further ${tracked.detector}`, tracked as Tracked<never>];
      }
    }
  }

  #isFull(): boolean {
    if (this.#operations.size + this.#saturations.size < this.options.limit) return false;
    if (!this.#isLimitTold) {
      this.#isLimitTold = true;
      this.#context?.diag.warn(
        "detectors:limit",
        `detectors watch ${this.options.limit} operations and saturations, and no more; raise detectors.limit to have all watched`,
      );
    }
    return true;
  }

  #isWanted({ name, attributes, instrument }: OperationSnapshot): boolean {
    const answer = guardedCall(
      () => this.options.filter({ name, attributes, instrument }),
      this.tally,
    );
    return answer !== false;
  }

  #forget(now: number, timeMs: number, seconds: number): void {
    for (const [key, watched] of this.#operations) {
      if (now - watched.lastSeen <= FORGET_MS) continue;
      this.#window.readNothing(timeMs, seconds);
      for (const tracked of watched.signals) {
        this.#tell(tracked, this.#window, tracked.episode.close());
      }
      for (const { tracked } of watched.further) {
        // Its finding is of the window before.
        this.#tell(tracked as Tracked<never>, { timeMs } as never, tracked.episode.close());
      }
      for (const [name, tracked] of trackedOf(watched)) this.#state.take(`${key} ${name}`, tracked);
      this.#operations.delete(key);
    }
    for (const [key, { tracked, lastSeen }] of this.#saturations) {
      if (now - lastSeen <= FORGET_MS) continue;
      this.#state.take(`${key} saturation`, tracked as Tracked<never>);
      this.#saturations.delete(key);
    }
  }

  #keyOf({
    name,
    attributes,
    instrument = "",
  }: Pick<OperationSnapshot, "name" | "attributes"> & { readonly instrument?: string }): string {
    let key = this.#keys.get(attributes);
    if (key === undefined) {
      key = JSON.stringify(attributes);
      this.#keys.set(attributes, key);
    }
    return `${instrument} ${name} ${key}`;
  }
}

function trackedOf({
  signals,
  further,
}: WatchedOperation): readonly (readonly [string, Tracked<never>])[] {
  return [
    ...signals.map((tracked) => [tracked.signal, tracked] as const),
    ...further.map(({ tracked }) => [`further ${tracked.detector}`, tracked] as const),
  ] as readonly (readonly [string, Tracked<never>])[];
}

/** Rates divide by monotonic time; the wall clock of a snapshot may have been set within it. */
function secondsOf({ operations }: Snapshot): number {
  const busy = operations.find(({ traffic }) => traffic.count > 0);
  return busy === undefined ? STEP_MS / 1000 : busy.traffic.count / busy.traffic.perSecond;
}

/** Mean of the window, where the value itself is how full it is; else the last sample. */
function fullOf({ saturation = 0, value, mean }: SaturationSnapshot): number {
  const full = value > 0 ? (saturation * mean) / value : saturation;
  return Math.max(0, Math.min(1, full));
}
