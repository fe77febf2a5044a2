import { BroadcastChannel, isMainThread, threadId, type Worker } from "node:worker_threads";
import { readFields } from "../diag/read-fields.js";
import { nextTurn } from "../time/slices.js";
import { Doorway } from "./link/doorway.js";
import type { Link } from "./link/link.js";
import { type FleetOptions, LocalFleet } from "./local-fleet.js";

/**
 * Where the threads of a process meet. A `BroadcastChannel` needs nobody to hand it over, and no
 * message on it is seen by listeners of the host.
 */
const LOBBY = "auspex.fleet@0";

/** What is said in the lobby. */
interface Call {
  readonly auspex: "thread";
  /** Where to reach who says it. */
  readonly door: string;
  readonly threadId: number;
  /** Whether others gather there. */
  readonly isCentre: boolean;
  /** A thread that has ended. */
  readonly ended?: number;
}

const CALL = [
  "auspex",
  "door",
  "threadId",
  "isCentre",
  "ended",
] as const satisfies readonly (keyof Call)[];

interface Visitor {
  readonly way: Doorway;
  readonly link: Link;
}

/** Counts the fleets of this thread: each has a door of its own. */
let doors = 0;

/**
 * The worker threads of this process as one. Make one in each thread, with that thread's monitor.
 *
 * Threads find the main thread by themselves, whichever comes first. The end of those created before it
 * is only known when they end by themselves: `add` them, so that `terminate()` is known as well.
 */
export class ThreadFleet extends LocalFleet {
  readonly #door = `${LOBBY}/${threadId}.${++doors}`;
  readonly #lobby = new BroadcastChannel(LOBBY);
  /** By their doors; those that are only expected by the name of their thread. */
  readonly #visitors = new Map<string, Visitor>();
  readonly #stops = new Set<() => void>();
  readonly #watched = new WeakSet<Worker>();
  #isCentre = isMainThread;
  #isClosed = false;

  /** @throws RangeError listing every fault of the options */
  constructor(options?: FleetOptions) {
    super("threadFleet", options);
    this.#lobby.unref();
    this.#lobby.onmessage = ({ data }: { data?: unknown }) => this.#hear(data);
    this.#listen("worker", (worker: Worker) => this.#watch(worker));
    if (!isMainThread) this.#listen("exit", () => this.#leave());
    this.#call();
  }

  /** A thread whose silence is to be told. Never throws. @returns this */
  add(worker: Worker): this {
    const { threadId: id, once } = readFields(worker, ["threadId", "once"]);
    if (typeof id !== "number" || typeof once !== "function") {
      this.node.diag.warn("fleet:add", "threadFleet().add(worker): this is no Worker");
      return this;
    }
    // A negative number: it has ended.
    if (id < 0 || this.#isClosed || this.#at(id).length > 0) return this;
    if (!this.#isCentre) {
      this.#isCentre = true;
      this.#call();
    }
    const visitor = this.#visitor(new Doorway(id, true));
    if (visitor !== undefined) this.#visitors.set(visitor.way.name, visitor);
    this.#watch(worker);
    return this;
  }

  override close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#stops.clear();
    this.#lobby.close();
    this.#visitors.clear();
    super.close();
  }

  #listen(event: "worker", listener: (worker: Worker) => void): void;
  #listen(event: "exit", listener: () => void): void;
  #listen(event: "worker" | "exit", listener: (...args: never[]) => void): void {
    process.on(event as "exit", listener as () => void);
    this.#stops.add(() => process.off(event, listener as () => void));
  }

  /** Says in the lobby where this fleet is, or that a thread has ended. */
  #call(ended?: number): void {
    const call: Call = {
      auspex: "thread",
      door: this.#door,
      threadId,
      isCentre: this.#isCentre,
      ...(ended !== undefined && { ended }),
    };
    this.#lobby.postMessage(call);
  }

  #hear(given: unknown): void {
    const {
      auspex,
      door,
      threadId: id,
      isCentre,
      ended,
    } = readFields(given as Partial<Call>, CALL);
    if (auspex !== "thread" || typeof door !== "string" || typeof id !== "number") return;
    if (typeof ended === "number") this.#ended(ended);
    else if (!this.#visitors.has(door)) this.#meet(door, id, isCentre === true);
  }

  /**
   * A star: everybody has a link to the main thread, and only to it. Where it has no fleet, to the one
   * that had others added to it.
   */
  #meet(door: string, id: number, isCentre: boolean): void {
    if (isMainThread ? id === 0 : id !== 0 && this.#knowsMain()) return;
    if (!this.#isCentre && !isCentre) return;
    // Nobody is above the main thread; above others is whoever gathers them.
    const isDownstream = isMainThread || (this.#isCentre && !isCentre);
    if (id === 0) for (const known of this.#visitors.keys()) this.#part(known, false);
    const visitor = this.#expected(id) ?? this.#visitor(new Doorway(id, isDownstream));
    if (visitor === undefined) return;
    this.#visitors.set(door, visitor);
    const { way, link } = visitor;
    way.open(this.#door, door, (message) => link.receive(message));
    // It must know this door as well; it knows when it hears the call.
    this.#call();
    link.greet();
  }

  #visitor(way: Doorway): Visitor | undefined {
    const link = this.node.link(way);
    return link === undefined ? undefined : { way, link };
  }

  /** One that was added, and is here now. */
  #expected(id: number): Visitor | undefined {
    const name = `thread ${id}`;
    const visitor = this.#visitors.get(name);
    this.#visitors.delete(name);
    return visitor;
  }

  #watch(worker: Worker): void {
    if (this.#watched.has(worker)) return;
    this.#watched.add(worker);
    const { threadId: id } = worker;
    const onExit = (): void => {
      this.#stops.delete(stop);
      // A nested one is nobody else's to watch.
      this.#call(id);
      this.#ended(id);
    };
    const stop = (): void => void worker.off("exit", onExit);
    this.#stops.add(stop);
    worker.once("exit", onExit);
  }

  /** This thread ends by itself: its totals go with its last words. */
  #leave(): void {
    const above = [...this.node.links].filter(({ way }) => !way.isDownstream);
    const bye = above.length === 0 ? undefined : this.node.farewell();
    if (bye !== undefined) for (const link of above) link.tell(bye);
    this.#call(threadId);
  }

  #ended(id: number): void {
    // What it said last may lie in a channel that this turn of the loop has not come to.
    void nextTurn()
      .then(nextTurn)
      .then(() => {
        for (const [door] of this.#at(id)) this.#part(door, true);
      });
  }

  #part(door: string, hasEnded: boolean): void {
    const visitor = this.#visitors.get(door);
    if (visitor === undefined) return;
    this.#visitors.delete(door);
    this.node.unlink(visitor.link, hasEnded);
  }

  #at(id: number): readonly (readonly [string, Visitor])[] {
    return [...this.#visitors].filter(([, visitor]) => visitor.way.threadId === id);
  }

  #knowsMain(): boolean {
    return this.#at(0).length > 0;
  }
}

/** The worker threads of this process as one. @throws RangeError listing every fault */
export function threadFleet(options?: FleetOptions): ThreadFleet {
  return new ThreadFleet(options);
}
