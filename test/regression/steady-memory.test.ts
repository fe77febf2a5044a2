import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/built.mjs";

const built = (entry: string) => new URL(`../../dist/${entry}.js`, import.meta.url).href;
const stateHome = mkdtempSync(join(tmpdir(), "steady-"));

/** Compiled code lies in the same heap, and more of it is made over the first hours. */
const INTERPRETED = ["--no-opt", "--no-sparkplug", "--no-maglev"];

/** Four operations, and all that is on by default; tells the heap in KB after so many minutes. */
const PROGRAM = `
  import { setImmediate as turn } from "node:timers/promises";
  import { createAuspex } from ${JSON.stringify(built("index"))};
  import { ManualClock } from ${JSON.stringify(built("testing"))};

  const clock = new ManualClock();
  const auspex = createAuspex({ service: "steady", clock });
  const operations = ["a", "b", "c", "d"].map((name) => auspex.operation(name));
  const broken = new Error("broken");
  for (let i = 0; i < 50; i++) await turn();
  const heaps = [];
  for (const minutes of [40, 120]) {
    for (; clock.now() < minutes * 60_000; clock.advance(1000)) {
      for (let i = 0; i < 20; i++) {
        operations[i % 4].record(1 + (i * 7919) % 50, i % 4 === 3 ? broken : undefined);
      }
      if (clock.now() % 10_000 === 0) await turn();
    }
    for (let i = 0; i < 3; i++) { await turn(); gc(); }
    heaps.push(Math.round(process.memoryUsage().heapUsed / 1024));
  }
  console.log(JSON.stringify({ heaps, watched: auspex.snapshot("1h").operations.length }));
  process.exit(0);
`;

beforeAll(() => ensureBuilt());
afterAll(() => rmSync(stateHome, { recursive: true, force: true }));

it("a watched process keeps no more after two hours than after the first forty minutes", {
  timeout: 120_000,
}, async () => {
  const flags = ["--expose-gc", ...INTERPRETED, "--input-type=module", "--eval", PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, flags, {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    timeout: 110_000,
    env: { ...process.env, XDG_STATE_HOME: stateHome },
  });
  const { heaps, watched } = JSON.parse(stdout);
  expect(watched).toBe(4);
  // A block or two more or less in the windows, and a day's shape that fills: not 20 bytes a second.
  expect(heaps[1] - heaps[0]).toBeLessThan(96);
});
