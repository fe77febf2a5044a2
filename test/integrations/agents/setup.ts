import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { vi } from "vitest";
import type { AuspexOptions, OperationSnapshot } from "../../../src/index.js";
import { type AgentOptions, agent } from "../../../src/integrations/agents/index.js";
import { manualMonitor } from "../../helpers/monitor.js";

setFlagsFromString("--expose-gc");
/** Collects all garbage now. */
export const collect = runInNewContext("gc") as () => void;

/** Has the collector go round until `until` holds, or for long enough. */
export async function collected(until: () => boolean, rounds = 200): Promise<void> {
  for (let round = 0; round < rounds && !until(); round++) {
    // In a turn of its own: what `until` has looked at through a WeakRef stays until its turn ends.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
}

/** An agent on a manual clock, and what its monitor says of it. */
export function setUp(options?: AgentOptions, monitorOptions: AuspexOptions = {}) {
  const logger = { debug: () => {}, warn: vi.fn() };
  const { auspex, clock } = manualMonitor({ logger, ...monitorOptions });
  const researcher = agent(auspex, "researcher", options);
  return { auspex, clock, logger, researcher, ...reading(auspex) };
}

export function reading(auspex: ReturnType<typeof manualMonitor>["auspex"]) {
  const total = () => auspex.snapshot("total");
  return {
    /** The one operation of a name. */
    operation(name: string): OperationSnapshot {
      const found = total().operations.filter((each) => each.name === name);
      if (found.length !== 1) throw new Error(`${found.length} operations named "${name}"`);
      return found[0] as OperationSnapshot;
    },
    /** The sum of a counter over all series that have these attributes. */
    count(name: string, attributes: Readonly<Record<string, unknown>> = {}): number {
      return total()
        .counters.filter((each) => each.name === name && has(each.attributes, attributes))
        .reduce((sum, { count }) => sum + count, 0);
    },
    /** Counts by reason. */
    faults(): Record<string, number> {
      const faults = total().counters.filter(({ name }) => name === "auspex.agent.faults");
      return Object.fromEntries(
        faults.map(({ attributes, count }) => [attributes["auspex.fault"], count]),
      );
    },
    histogram(name: string) {
      return total().histograms.find((each) => each.name === name);
    },
    gauge(name: string, attributes: Readonly<Record<string, unknown>> = {}) {
      return auspex
        .snapshot("10s")
        .saturation.find((each) => each.name === name && has(each.attributes, attributes));
    },
    inFlight(): number {
      return total().operations.reduce((sum, each) => sum + each.inFlight, 0);
    },
  };
}

function has(all: object, some: object): boolean {
  return Object.entries(some).every(([name, value]) => (all as never)[name] === value);
}

export class RateLimitError extends Error {
  readonly status = 429;

  constructor(readonly headers: unknown = {}) {
    super("slow down");
  }
}
