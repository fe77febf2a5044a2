// What every run through a scenario begins with: its command line, its world, and a monitor with nothing on
// but what is told.

/** Of the command line, for `parseArgs`. */
export const OPTIONS = {
  seeds: { type: "string", default: "11,12,13,14" },
  days: { type: "string", default: "14" },
  operations: { type: "string", default: "12" },
  world: { type: "string", default: "world" },
  verbose: { type: "boolean", default: false },
};

/** Of `createAuspex`, beside a clock and the interval. */
export const QUIET = {
  service: "scenario",
  saturation: false,
  outbound: false,
  exemplars: false,
  detectResource: false,
  selfMetrics: false,
  overheadBudget: false,
};

/** The chosen world: when it begins, its step, and how one of a seed is made. */
export async function worldOf({ world, days, operations }, known) {
  if (!known.includes(world)) throw new Error(`--world is one of ${known.join(", ")}`);
  const { makeWorld, START_MS, STEP_MS } = await import(`./${world}.mjs`);
  const make = (seed) => {
    return makeWorld({
      seed,
      days: Number(days),
      operations: Number(operations),
      warmUpDays: 3,
      incidentsPerDay: 2,
      nearMissesPerDay: 3,
    });
  };
  return { START_MS, STEP_MS, make };
}

/** How full each saturation of a world is, by name; empty at first. */
export function levelsOf(world) {
  return Object.fromEntries((world.saturations ?? ["pool", "memory"]).map((name) => [name, 0]));
}

/** A handle for each operation of a world, by name; and its saturations, read from `levels`. */
export function populate(auspex, world, levels) {
  for (const name of Object.keys(levels)) auspex.saturation(name, () => levels[name]);
  return new Map(world.operations.map(({ name }) => [name, auspex.operation(name)]));
}
