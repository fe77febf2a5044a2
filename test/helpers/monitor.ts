import { afterEach } from "vitest";
import {
  type Auspex,
  type AuspexOptions,
  createAuspex,
  type OperationSnapshot,
} from "../../src/index.js";
import { ManualClock } from "./manual-clock.js";

const open = new Set<Auspex>();

afterEach(async () => {
  const closing = [...open].map((auspex) => auspex.shutdown({ timeoutMs: 100 }));
  open.clear();
  // A deadline on a manual clock never comes by itself; what hangs there is what the test was about.
  await Promise.race([Promise.all(closing), new Promise((resolve) => setTimeout(resolve, 200))]);
});

/** A monitor on a manual clock, without probes of the process; shut down after the test. */
export function manualMonitor(options: AuspexOptions = {}): { auspex: Auspex; clock: ManualClock } {
  const clock = new ManualClock();
  const auspex = monitor({ clock, saturation: false, ...options });
  return { auspex, clock };
}

/** What a monitor says beside what a test has recorded. */
const QUIET: AuspexOptions = {
  selfMetrics: false,
  outbound: false,
  detectResource: false,
  state: false,
};

/** A monitor that is shut down after the test; what it exports is what the test recorded. */
export function monitor(options: AuspexOptions = {}): Auspex {
  const auspex = createAuspex({ service: "test", ...QUIET, ...options });
  open.add(auspex);
  return auspex;
}

/** The one operation of a name; fails when there is none or more than one. */
export function operationNamed(auspex: Auspex, name: string, window = "total"): OperationSnapshot {
  const found = auspex.snapshot(window as "total").operations.filter((each) => each.name === name);
  if (found.length !== 1) throw new Error(`${found.length} operations named "${name}"`);
  return found[0];
}
