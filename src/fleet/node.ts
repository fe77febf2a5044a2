import { type Diag, describeError } from "../diag/diag.js";
import type { PullSource } from "../readers/pull.js";
import type { Snapshot } from "../snapshot/model.js";
import type { Clock } from "../time/clock.js";
import { limitOf } from "../time/limit.js";
import { inSlices, nextTurn, Slices } from "../time/slices.js";
import type { WindowName } from "../window/rolling-window.js";
import { atOnce } from "./at-once.js";
import { snapshotOf } from "./batch-snapshot.js";
import { Ended, type EndedPart } from "./ended.js";
import { Link, type LinkOwner, type Way } from "./link/link.js";
import { type Answer, type Message, selfOf, type What, type WirePart } from "./link/protocol.js";
import type { FleetProcess, MissingReason } from "./model.js";
import { packBatch, unpackBatch } from "./wire/batch.js";
import type { Packed } from "./wire/packer.js";
import { packSnapshot } from "./wire/snapshot.js";
import { WireFault } from "./wire/unpacker.js";

/** What a node passes on of the time it has, so that its own answer is not late. */
const PASSED_ON = 0.8;
/** Most neighbours of one node. */
const MAX_LINKS = 1024;

/** A monitor as fleets see it. */
export interface Monitor {
  readonly source: PullSource;
  snapshot(window: WindowName): Snapshot;
}

/**
 * One thread or process among its neighbours. Whoever asks gets what this one has and what those behind
 * it have, so that in a star, or any tree, everybody can have the whole.
 */
export class FleetNode implements LinkOwner {
  readonly clock: Clock;
  readonly diag: Diag;
  readonly process: FleetProcess;
  readonly links = new Set<Link>();
  readonly ended: Ended;
  /** Answers that could not be used, by reason, since the start. */
  readonly faults = new Map<MissingReason, number>();
  readonly #packing = new Map<What, Promise<WirePart>>();
  #cancelKeeping: (() => void) | undefined;
  #isClosed = false;

  constructor(
    readonly monitor: Monitor,
    private readonly keepMs: number,
  ) {
    const { source } = monitor;
    this.clock = source.clock;
    this.diag = source.diag;
    this.process = selfOf(source);
    this.ended = new Ended(this.process.id);
    this.#keepOn();
  }

  /** @returns undefined when there are too many, or this node is closed */
  link(way: Way): Link | undefined {
    if (this.#isClosed) return undefined;
    if (this.links.size >= MAX_LINKS) {
      this.diag.warn(
        "fleet:links",
        `a fleet has room for ${MAX_LINKS} neighbours; ${way.name} has none`,
      );
      return undefined;
    }
    const link = new Link(way, this);
    this.links.add(link);
    return link;
  }

  hello(): Message {
    return { kind: "hello", process: this.process, isBinary: true };
  }

  /** Takes a link away. @param hasEnded - the other side has, not only the way to it */
  unlink(link: Link, hasEnded: boolean): void {
    if (!this.links.delete(link)) return;
    link.end();
    if (hasEnded && link.way.isDownstream) this.#keep(link);
  }

  /** What this node's neighbours have, and those behind them, by the deadline. Never rejects. */
  async gather(what: What, timeoutMs: number, asker?: Link): Promise<Answer> {
    const limit = limitOf(this.clock, timeoutMs, true);
    // What came while this thread itself was busy lies ready: it is taken in before time is up.
    const expired = limit.expired.then(nextTurn).then(() => "expired" as const);
    const answers = await Promise.all(
      [...this.links]
        // Who is above asks for what is below: with more than one way up, questions would go in circles.
        .filter(
          (link) => link !== asker && (asker?.way.isDownstream !== false || link.way.isDownstream),
        )
        .map(async (link): Promise<Answer> => {
          const answer = await Promise.race([link.ask(what, timeoutMs * PASSED_ON), expired]);
          if (answer !== "expired") return answer;
          const { missing } = link.without(link.process === undefined ? "silent" : "timeout");
          // Totals must not shrink while one does not answer: what it told last stands in for it.
          return { parts: what === "batch" ? link.last : [], missing };
        }),
    );
    limit.cancel();
    const missing = [
      ...answers.flatMap((answer) => answer.missing),
      ...(what === "batch" ? [] : this.ended.missing(what, this.clock.wall())),
    ];
    return {
      parts: answers.flatMap(({ parts }) => parts),
      // One that ended while it was asked is told once, as ended.
      missing: [...new Map(missing.map((each) => [each.id, each])).values()],
    };
  }

  /** Never throws. */
  asked(link: Link, { n, what, timeoutMs }: Extract<Message, { kind: "ask" }>): void {
    void this.#answer(link, what, timeoutMs)
      .then((answer) => link.tell({ kind: "answer", n, ...answer }))
      .catch((error) => this.#warn("answer", error));
  }

  greeted(link: Link): void {
    // Who ends soon has at least told what it had at its beginning.
    if (link.way.isDownstream) void link.ask("batch", this.keepMs);
  }

  fault(link: Link, reason: MissingReason, error: unknown): void {
    this.count(reason);
    this.#warn(`${reason}:${link.way.name}`, error);
  }

  count(reason: MissingReason): void {
    this.faults.set(reason, (this.faults.get(reason) ?? 0) + 1);
  }

  /** This node's own totals, at once: for the end of a thread or process. */
  farewell(): Message | undefined {
    try {
      return { kind: "bye", parts: [this.#part(atOnce(packBatch(this.monitor.source)))] };
    } catch {
      // It ends; nobody could hear what went wrong.
      return undefined;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelKeeping?.();
    for (const link of [...this.links]) {
      link.tell({ kind: "leave" });
      this.unlink(link, false);
    }
  }

  async #answer(link: Link, what: What, timeoutMs: number): Promise<Answer> {
    const [own, others] = await Promise.all([
      this.#packed(what),
      this.gather(what, timeoutMs, link),
    ]);
    const ended = what === "batch" || what === "total" ? this.#packedEnded(what) : [];
    return { parts: [own, ...others.parts, ...ended], missing: others.missing };
  }

  /** Packed once for all who ask meanwhile. */
  #packed(what: What): Promise<WirePart> {
    let packing = this.#packing.get(what);
    if (packing === undefined) {
      packing = this.#pack(what).finally(() => this.#packing.delete(what));
      this.#packing.set(what, packing);
    }
    return packing;
  }

  async #pack(what: What): Promise<WirePart> {
    const { source } = this.monitor;
    const slices = new Slices(this.clock);
    let packed: Packed;
    if (what === "batch") packed = await inSlices(packBatch(source), slices);
    else {
      packed = packSnapshot(this.monitor.snapshot(what));
      slices.end();
    }
    source.onWorked?.(slices.workedMs);
    return this.#part(packed);
  }

  #part(packed: Packed): WirePart {
    return { process: { ...this.process, lastSeenMs: this.clock.wall() }, packed };
  }

  #packedEnded(what: "batch" | "total"): readonly WirePart[] {
    return this.ended.parts().map((part) => {
      const { process, processes } = part;
      return { process, processes, packed: packedEnded(what, part) };
    });
  }

  #keep(link: Link): void {
    if (link.process === undefined) return;
    let isKnown = false;
    for (const { process, processes, packed } of link.last) {
      try {
        this.ended.add(process, atOnce(unpackBatch(packed)), processes);
        isKnown ||= process.id === link.process.id;
      } catch (error) {
        this.fault(link, error instanceof WireFault ? error.reason : "malformed", error);
      }
    }
    if (isKnown) return;
    for (const missing of link.without("ended").missing) {
      this.ended.lose({ lastSeenMs: this.clock.wall(), ...missing });
    }
  }

  /** Asks those whose totals are kept when they end, unless a page has asked them lately. */
  #keepOn(): void {
    this.#cancelKeeping = this.clock.schedule(this.keepMs, () => {
      const since = this.clock.now() - this.keepMs / 2;
      for (const link of this.links) {
        if (link.way.isDownstream && link.toldAt <= since) void link.ask("batch", this.keepMs);
      }
      this.#keepOn();
    });
  }

  #warn(kind: string, error: unknown): void {
    this.diag.warn(`fleet:${kind}`, `a fleet: ${describeError(error)}`);
  }
}

function packedEnded(what: "batch" | "total", { process, batch }: EndedPart): Packed {
  if (what === "total") return packSnapshot(snapshotOf(batch, process.service));
  const { resource, incarnation, metrics } = batch;
  const clock = { wall: () => batch.to };
  const streams = metrics.map(({ points, ...metric }) => ({ metric, points }));
  return atOnce(packBatch({ resource, incarnation, clock, streams: () => streams }));
}
