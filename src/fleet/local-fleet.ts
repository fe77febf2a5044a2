import { readFields } from "../diag/read-fields.js";
import { INTERNALS, type Instrumented, processState } from "../instruments/internals.js";
import { Checks, show } from "../readers/checks.js";
import type { PullSource } from "../readers/pull.js";
import { batchOf } from "../snapshot/cumulative.js";
import type { Snapshot } from "../snapshot/model.js";
import { inSlices, Slices } from "../time/slices.js";
import type { WindowName } from "../window/rolling-window.js";
import { snapshotOf } from "./batch-snapshot.js";
import { type Answer, WINDOWS, type WirePart } from "./link/protocol.js";
import { mergingSnapshots } from "./merge.js";
import type { FleetBatch } from "./merge-batches.js";
import type { FleetMissing, FleetPart, FleetProcess, FleetSnapshot } from "./model.js";
import { FleetNode } from "./node.js";
import { type Collected, FleetPage } from "./page.js";
import { unpackBatch } from "./wire/batch.js";
import type { Packed } from "./wire/packer.js";
import { unpackSnapshot } from "./wire/snapshot.js";
import { WireFault } from "./wire/unpacker.js";

export interface FleetOptions {
  /** The monitor of this thread or process. @default the one created first */
  readonly auspex?: FleetMonitor;
  /** Longest a snapshot or a page waits for others, in ms. @default 1000 */
  readonly timeoutMs?: number;
  /**
   * How often the totals of others are asked for, in ms, so that they are known when one ends without a
   * word. What ends by itself tells its totals. @default 10_000
   */
  readonly keepMs?: number;
}

/** What a fleet needs of a monitor: `createAuspex()` makes one. */
export interface FleetMonitor extends Instrumented {
  snapshot(window?: WindowName): Snapshot;
}

export interface FleetSnapshotOptions {
  /** Longest to wait, in ms; who has not answered by then is missing. @default that of the fleet */
  readonly timeoutMs?: number;
}

/** Share of the time that is spent waiting; the rest is for merging what came. */
const WAITED = 0.9;

const OPTIONS = [
  "auspex",
  "timeoutMs",
  "keepMs",
] as const satisfies readonly (keyof FleetOptions)[];

/**
 * This thread or process and its neighbours, as one.
 *
 * Nothing here throws, rejects or keeps the process alive, and nothing runs but every `keepMs`, and when
 * somebody asks: then each member spends about 15 µs a series.
 */
export abstract class LocalFleet {
  /** Answers a Prometheus scrape with the whole fleet: `app.get("/metrics", fleet.metrics)`. */
  readonly metrics: (request: unknown, response: unknown) => void;
  protected readonly node: FleetNode;
  readonly #timeoutMs: number;
  readonly #page: FleetPage;
  readonly #running = new Map<string, Promise<FleetSnapshot>>();

  constructor(kind: string, given: FleetOptions | undefined) {
    const { monitor, timeoutMs, keepMs } = resolve(kind, given);
    const source = monitor[INTERNALS].source() as PullSource;
    this.#timeoutMs = timeoutMs;
    this.node = new FleetNode({ source, snapshot: (window) => monitor.snapshot(window) }, keepMs);
    this.#page = new FleetPage(source, () => this.#batches());
    this.metrics = this.#page.handler;
  }

  /**
   * All that is known about a window, of all members. Never rejects.
   *
   * Who does not answer in time is in `missing`, and `partial` is true. Whoever asks for the same while
   * an answer is under way shares it.
   * @param window - `"10s"`, `"1m"`, `"5m"`, `"1h"` or `"total"`; anything else is `"1m"`
   */
  snapshot(window: WindowName = "1m", options?: FleetSnapshotOptions): Promise<FleetSnapshot> {
    const known = WINDOWS.includes(window) ? window : "1m";
    const given = readFields(options, ["timeoutMs"]).timeoutMs;
    const isGiven = typeof given === "number" && given > 0 && given <= 60_000;
    const timeoutMs = isGiven ? given : this.#timeoutMs;
    const key = `${known} ${timeoutMs}`;
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#snapshot(known, timeoutMs).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return running;
  }

  /** The Prometheus page that `metrics` serves. */
  text(): Promise<string> {
    return this.#page.text();
  }

  /** Lets go of all members. The monitor stays as it is. */
  close(): void {
    this.node.close();
  }

  /** Takes in neighbours that nobody has told of. */
  protected look(): void {}

  async #snapshot(window: WindowName, timeoutMs: number): Promise<FleetSnapshot> {
    const { node } = this;
    this.look();
    const answer = await node.gather(window, timeoutMs * WAITED);
    const slices = new Slices(node.clock);
    const missing: FleetMissing[] = [...answer.missing];
    const own = node.monitor.snapshot(window);
    const parts: FleetPart[] = [{ process: this.#seenAt(own.end), snapshot: own }];
    if (window === "total") {
      for (const { process, processes, batch } of node.ended.parts()) {
        parts.push({ process, processes, snapshot: snapshotOf(batch, process.service) });
      }
    }
    for await (const { part, value } of this.#unpacked(answer, unpackSnapshot, missing, slices)) {
      const { process, processes } = part;
      parts.push({ process, ...(processes && { processes }), snapshot: value });
    }
    const merged = await inSlices(
      mergingSnapshots(parts, { missing: unanswered(missing, parts) }),
      slices,
    );
    node.monitor.source.onWorked?.(slices.workedMs);
    return merged;
  }

  /** Totals of all, for a page. */
  async #batches(): Promise<Collected> {
    const { node } = this;
    this.look();
    const answer = await node.gather("batch", this.#timeoutMs * WAITED);
    const missing: FleetMissing[] = [...answer.missing];
    const slices = new Slices(node.clock);
    const own = await batchOf(node.monitor.source, node.monitor.source.streams(), slices);
    const parts: FleetBatch[] = [{ process: this.#seenAt(own.to), batch: own }];
    parts.push(...node.ended.parts());
    for await (const { part, value } of this.#unpacked(answer, unpackBatch, missing, slices)) {
      parts.push({ process: part.process, batch: value });
    }
    node.monitor.source.onWorked?.(slices.workedMs);
    const { ended, faults } = node;
    return { parts, ended: ended.count, faults, missing: unanswered(missing, parts) };
  }

  /** Each part once; one that cannot be used is missing. */
  async *#unpacked<T>(
    { parts }: Answer,
    unpack: (packed: Packed) => Generator<void, T>,
    missing: FleetMissing[],
    slices: Slices,
  ): AsyncGenerator<{ part: WirePart; value: T }> {
    const { node } = this;
    const seen = new Set([node.process.id]);
    for (const part of parts) {
      const { id, pid, host, threadId } = part.process;
      if (seen.has(id)) continue;
      seen.add(id);
      try {
        yield { part, value: await inSlices(unpack(part.packed), slices) };
      } catch (error) {
        const reason = error instanceof WireFault ? error.reason : "malformed";
        node.count(reason);
        node.diag.warn(`fleet:${reason}`, `a fleet: ${id} cannot be read: ${reason}`);
        const thread = threadId === undefined ? {} : { threadId };
        missing.push(Object.freeze({ id, reason, pid, host, ...thread }));
      }
    }
  }

  #seenAt(lastSeenMs: number): FleetProcess {
    return Object.freeze({ ...this.node.process, lastSeenMs });
  }
}

/** Somebody may have answered by another way, or left its totals behind, and then is not missing. */
function unanswered(
  missing: readonly FleetMissing[],
  parts: readonly Pick<FleetPart, "process" | "processes">[],
): FleetMissing[] {
  const there = parts.flatMap(({ process, processes = [process] }) => processes);
  return missing.filter(({ id, reason, pid, threadId }) => {
    // Of who is late a page shows the last totals.
    if (reason === "timeout") return true;
    return !there.some((each) => {
      const isWhere = each.pid === pid && each.threadId === threadId;
      return each.id === id || (reason === "silent" && isWhere);
    });
  });
}

function resolve(
  kind: string,
  given: FleetOptions | undefined,
): { monitor: FleetMonitor; timeoutMs: number; keepMs: number } {
  const checks = new Checks();
  checks.type("options", given, ["object"], "give { auspex }, or nothing");
  const options = checks.exactly("", given, OPTIONS);
  const monitor = (options.auspex ?? processState().monitors[0]) as FleetMonitor | undefined;
  const { [INTERNALS]: internals } = readFields(monitor as object, [INTERNALS as never]) as {
    [INTERNALS]?: unknown;
  };
  if (internals === undefined) {
    checks.fault(
      options.auspex === undefined
        ? "auspex is missing; give a monitor, or create one before: createAuspex()"
        : `auspex is ${show(options.auspex)}; give a monitor: createAuspex()`,
    );
  }
  const timeoutMs = checks.number("timeoutMs", options.timeoutMs, 1000, 10, 60_000);
  const keepMs = checks.number("keepMs", options.keepMs, 10_000, 100, 3_600_000);
  const { faults } = checks;
  if (faults.length > 0) throw new RangeError(`${kind}: ${faults.join("; ")}`);
  return { monitor: monitor as FleetMonitor, timeoutMs, keepMs };
}
