import type { Shown } from "../../src/cli/view.js";
import { mergeSnapshots } from "../../src/fleet/merge.js";
import { partOf } from "../fleet/parts.js";

/** A fleet of two processes with operations of these names, the first the busiest. */
export function fleetOf(names: readonly string[], more: Partial<Shown> = {}): Shown {
  const parts = [1, 2].map((pid) =>
    partOf(
      (auspex, clock) => {
        names.forEach((name, i) => {
          const operation = auspex.operation(name);
          for (let n = 0; n < 10 * (names.length - i); n++) operation.record(i + 1);
          if (i === 1) operation.record(5, new Error("no"));
          if (i === 2) operation.start();
        });
        auspex.saturation("pg.pool", () => pid * 0.45);
        auspex.saturation("idle.pool", () => 0);
        clock.advance(10_000);
      },
      { process: { id: `p${pid}`, host: "web-1", pid }, service: "shop" },
    ),
  );
  return { ...mergeSnapshots(parts), ...more };
}
