import type { Link, Way } from "../../src/fleet/link/link.js";
import { FleetNode } from "../../src/fleet/node.js";
import type { Auspex, AuspexOptions } from "../../src/index.js";
import type { ManualClock } from "../helpers/manual-clock.js";
import { manualMonitor } from "../helpers/monitor.js";
import { sourceOf } from "./parts.js";

/** One member of a fleet in this thread. */
export interface Member {
  readonly auspex: Auspex;
  readonly node: FleetNode;
  readonly clock: ManualClock;
}

/** @param clock - one for all members of a test */
export function member(clock?: ManualClock, options: AuspexOptions = {}): Member {
  const made = manualMonitor({ ...options, ...(clock && { clock }) });
  const { auspex } = made;
  const monitor = {
    source: sourceOf(auspex),
    snapshot: (window: never) => auspex.snapshot(window),
  };
  return { auspex, clock: clock ?? made.clock, node: new FleetNode(monitor, 10_000) };
}

/** A wire between two members, whose ends can be frozen, cut and listened to. */
export interface Wire {
  readonly down: Link;
  readonly up: Link;
  /** What went over it. */
  readonly sent: { readonly to: "child" | "parent"; readonly kind: string }[];
  /** While it is, the child takes nothing in; it does afterwards. */
  frozen: boolean;
  thaw(): void;
}

/** Joins a child to a parent as a channel would: copies, in order, later. @param isJson - or clones */
export function join(parent: Member, child: Member, { isJson = false, ...more } = {}): Wire {
  const copy = (message: object): object =>
    isJson ? JSON.parse(JSON.stringify(message)) : structuredClone(message);
  const waiting: object[] = [];
  const wire = { frozen: false, sent: [] as Wire["sent"][number][] };
  const way = (to: "child" | "parent", deliver: (message: object) => void): Way => ({
    name: to === "child" ? "process 7" : "the primary",
    isExpected: true,
    isDownstream: to === "child",
    ...more,
    send(message) {
      wire.sent.push({ to, kind: (message as { kind: string }).kind });
      const sent = copy(message);
      setImmediate(() => {
        if (to === "child" && wire.frozen) waiting.push(sent);
        else deliver(sent);
      });
      return true;
    },
    close() {},
  });
  const down = parent.node.link(way("child", (message) => up.receive(message))) as Link;
  const up = child.node.link(way("parent", (message) => down.receive(message))) as Link;
  up.greet();
  return Object.assign(wire, {
    down,
    up,
    thaw() {
      wire.frozen = false;
      for (const message of waiting.splice(0)) up.receive(message);
    },
  });
}

/** Enough turns of the loop for questions and answers that nobody holds back. */
export async function settled(turns = 12): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}
