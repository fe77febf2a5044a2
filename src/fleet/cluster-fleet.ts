import type { ChildProcess } from "node:child_process";
import cluster, { type Worker } from "node:cluster";
import { readFields } from "../diag/read-fields.js";
import type { Link, Way } from "./link/link.js";
import { type FleetOptions, LocalFleet } from "./local-fleet.js";

/**
 * Node keeps messages whose `cmd` begins so to itself: they are no `message` events, and to listen to
 * them keeps no process alive.
 * @see Node.js documentation, `subprocess.send()`
 */
const CMD = "NODE_AUSPEX_FLEET";

/** What a child that has ended said last may still lie in its channel, for so long at most. */
const LAST_WORDS_MS = 1000;

/** Either end of a channel between a parent and its child. */
interface Peer {
  readonly connected?: boolean;
  send?(
    message: object,
    handle: undefined,
    options: undefined,
    done: (error: Error | null) => void,
  ): boolean;
  on(event: "internalMessage", listener: (message: unknown) => void): unknown;
  off(event: "internalMessage", listener: (message: unknown) => void): unknown;
}

/**
 * The processes of a `node:cluster`, or a parent and its forks, as one. Make one in each process.
 *
 * The primary finds the workers of its cluster by itself; other children are added. Whoever asks,
 * primary or worker, gets the whole.
 */
export class ClusterFleet extends LocalFleet {
  readonly #children = new Map<ChildProcess, Link>();
  readonly #stops = new Set<() => void>();

  /** @throws RangeError listing every fault of the options */
  constructor(options?: FleetOptions) {
    super("clusterFleet", options);
    if (process.send !== undefined) this.#toParent();
    if (cluster.isPrimary) this.#toWorkers();
  }

  /** A child made by `fork()`, or a worker of a cluster. Never throws. @returns this */
  add(child: ChildProcess | Worker): this {
    const { process: ofWorker } = readFields(child as Worker, ["process"]);
    const forked = (ofWorker ?? child) as ChildProcess;
    const fields = readFields(forked, ["send", "once", "pid", "exitCode", "signalCode"]);
    const { send, once, pid, exitCode, signalCode } = fields;
    if (typeof send !== "function" || typeof once !== "function") {
      const mend = "this is no child with a channel, such as fork(file) makes";
      this.node.diag.warn("fleet:add", `clusterFleet().add(child): ${mend}`);
      return this;
    }
    const hasEnded = (exitCode ?? signalCode ?? null) !== null;
    if (hasEnded || this.#children.has(forked)) return this;
    const link = this.#linkTo(forked, {
      name: `process ${pid}`,
      known: pid === undefined ? {} : { pid },
      isExpected: true,
      isDownstream: true,
    });
    if (link === undefined) return this;
    this.#children.set(forked, link);
    const stop = onceOf(forked, "exit", () => {
      this.#stops.delete(stop);
      this.#ended(forked, link);
    });
    this.#stops.add(stop);
    return this;
  }

  override close(): void {
    for (const stop of this.#stops) stop();
    this.#stops.clear();
    this.#children.clear();
    super.close();
  }

  #toParent(): void {
    const link = this.#linkTo(process as Peer, {
      name: cluster.isWorker ? "the primary" : "the parent",
      known: { pid: process.ppid },
      // A parent may be anybody; that of a cluster's worker has other workers.
      isExpected: cluster.isWorker,
      isDownstream: false,
    });
    const onExit = (): void => {
      // A parent that has no fleet wants no farewell.
      const bye = link?.process === undefined ? undefined : this.node.farewell();
      if (bye !== undefined) link?.tell(bye);
    };
    process.on("exit", onExit);
    this.#stops.add(() => process.off("exit", onExit));
  }

  /** Node tells of a new worker in a later turn, and somebody may ask in this one. */
  protected override look(): void {
    for (const worker of Object.values(cluster.workers ?? {})) {
      if (worker?.isConnected()) this.add(worker);
    }
  }

  #toWorkers(): void {
    this.look();
    const onFork = (worker: Worker): void => void this.add(worker);
    cluster.on("fork", onFork);
    this.#stops.add(() => cluster.off("fork", onFork));
  }

  #linkTo(peer: Peer, who: Omit<Way, "send" | "close">): Link | undefined {
    const hear = (message: unknown): void => {
      if ((message as { cmd?: unknown } | null)?.cmd === CMD) link?.receive(message);
    };
    const link: Link | undefined = this.node.link({
      ...who,
      send(message) {
        if (!peer.connected) return false;
        try {
          // With a callback a closed channel is its error, and no event that somebody must hear.
          peer.send?.({ ...message, cmd: CMD }, undefined, undefined, () => {});
          return true;
        } catch {
          return false;
        }
      },
      close: () => void peer.off("internalMessage", hear),
    });
    if (link === undefined) return undefined;
    peer.on("internalMessage", hear);
    link.greet();
    return link;
  }

  #ended(child: ChildProcess, link: Link): void {
    const settle = (): void => {
      cancel();
      stop();
      if (!this.#children.delete(child)) return;
      this.node.unlink(link, true);
    };
    const stop = onceOf(child, "disconnect", settle);
    const cancel = this.node.clock.schedule(child.connected ? LAST_WORDS_MS : 0, settle);
  }
}

function onceOf(child: ChildProcess, event: "exit" | "disconnect", listener: () => void) {
  child.once(event, listener);
  return (): void => void child.off(event, listener);
}

/** The processes of a cluster, or a parent and its forks, as one. @throws RangeError listing every fault */
export function clusterFleet(options?: FleetOptions): ClusterFleet {
  return new ClusterFleet(options);
}
