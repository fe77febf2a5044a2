// node bench/soak-hours.mjs: how much memory a watched process ends up with, and when. Hours pass on a manual
// clock within seconds, with everything on that is on by default; as it runs, and interpreted: what the
// library keeps, without the code that V8 compiles of it little by little. --hours N (8), --json FILE.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { converse } from "./lib/children.mjs";
import { INTERPRETER, slope } from "./lib/heap.mjs";
import { makeReady } from "./lib/ready.mjs";
import { machine, table } from "./lib/table.mjs";

const { values: options } = parseArgs({
  options: { hours: { type: "string", default: "8" }, json: { type: "string" } },
});

/** Ends of the stretches that a slope is given of, in minutes. */
const ENDS = [5, 15, 30, 60, 120, 240, 480, 960, 1440, 2880, 5760];
const KINDS = { compiled: [], interpreted: INTERPRETER };

makeReady();

const stateHome = mkdtempSync(join(tmpdir(), "soak-hours-"));
process.env.XDG_STATE_HOME = stateHome;

async function looksOf(flags, minutes) {
  const child = converse("soak-hours.mjs", [], { flags: ["--expose-gc", ...flags] });
  try {
    const looks = [await child.first];
    while (looks.at(-1).minutes < minutes) looks.push(await child.ask(stepAfter(looks.at(-1))));
    return looks;
  } finally {
    child.stop();
  }
}

/** Minutes to the next look: close at first, for the curve is steep there. */
function stepAfter({ minutes }) {
  return minutes < 60 ? 1 : 10;
}

const minutes = Number(options.hours) * 60;
const looks = {};
try {
  for (const [kind, flags] of Object.entries(KINDS)) looks[kind] = await looksOf(flags, minutes);
} finally {
  rmSync(stateHome, { recursive: true, force: true });
}

const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(2);
const ends = ENDS.filter((end) => end <= minutes);

/** What one kind held at the end of a stretch, and how fast it grew within. */
function cellsOf(all, begin, end) {
  const points = all.filter((look) => look.minutes >= begin && look.minutes <= end);
  const of = points.map((look) => ({ x: look.minutes / 60, y: look.heapUsed / 2 ** 20 }));
  const { heapUsed, arrayBuffers, code } = points.at(-1);
  return [megabytes(heapUsed), slope(of).toFixed(2), megabytes(code), megabytes(arrayBuffers)];
}

const rows = ends.map((end, at) => {
  const begin = ends[at - 1] ?? 0;
  const cells = Object.values(looks).flatMap((all) => cellsOf(all, begin, end));
  return [`${begin}–${end} min`, ...cells];
});

console.log(`${machine()}\n${options.hours} h on a manual clock, MB after collection\n`);
const heads = Object.keys(looks).flatMap((kind) => [kind, "MB/h", "code of it", "buffers"]);
table(["stretch", ...heads], rows);
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(looks, null, 2));
