// What a fleet costs the thread that records: 1,000 series with 50 values a second each, all windows full.
// A part is built and posted when somebody asks; between two of them a second of values is recorded. Counted
// is the thread's own CPU time, as the kernel tells it (Linux), with all that the fleet does there. Most of
// a part is the merge of the windows, which any reader of this monitor pays. Per interval: totals are told
// every 10 s, to a scrape, or to be kept by default.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { figure } from "./lib/statistics.mjs";
import { durations, MASK } from "./lib/values.mjs";

const SERIES = 1000;
const VALUES_A_SECOND = 50;
/** Six minutes fill every tier of windows. */
const FILL_S = 360;
const REPETITIONS = 40;
const WARM_UP = 10;
const TOLD_EVERY_S = 10;

/** CPU time of this thread so far. */
function cpuMs() {
  return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
}

async function recordingThread() {
  const { createAuspex } = await library();
  const { threadFleet } = await library("fleet");
  const { ManualClock } = await library("testing");
  const clock = new ManualClock();
  const auspex = createAuspex({
    service: "bench",
    saturation: false,
    detectors: false,
    state: false,
    clock,
  });
  const operations = Array.from({ length: SERIES }, (_, series) => {
    return auspex.operation("busy", { series });
  });
  const values = durations();
  let at = 0;
  const second = () => {
    for (const operation of operations) {
      for (let i = 0; i < VALUES_A_SECOND; i++) operation.record(values[at++ & MASK]);
    }
    clock.advance(1000);
  };
  for (let i = 0; i < FILL_S; i++) second();
  threadFleet({ auspex, keepMs: 3_600_000 });
  parentPort.on("message", (message) => {
    if (message === "second") second();
    parentPort.postMessage(cpuMs());
  });
  parentPort.postMessage("up");
}

if (!isMainThread) await recordingThread();
else {
  await scenario({
    async auspex() {
      const { createAuspex } = await library();
      const { threadFleet } = await library("fleet");
      const auspex = createAuspex({ service: "bench", saturation: false, detectors: false });
      const fleet = threadFleet({ auspex, timeoutMs: 30_000, keepMs: 3_600_000 });
      const worker = new Worker(fileURLToPath(import.meta.url));
      const tell = (message) => {
        const answer = new Promise((resolve) => worker.once("message", resolve));
        if (message !== undefined) worker.postMessage(message);
        return answer;
      };
      await tell();
      const measure = async (ask) => {
        const costs = [];
        for (let i = -WARM_UP; i < REPETITIONS; i++) {
          await tell("second");
          const before = await tell("cpu");
          await ask();
          const after = await tell("cpu");
          if (i >= 0) costs.push(((after - before) * 1000) / SERIES);
        }
        return costs;
      };
      const idle = await measure(async () => {});
      const ofMinute = await measure(async () => {
        const { operations } = await fleet.snapshot("1m");
        if (operations.length !== SERIES) throw new Error("not all were there");
      });
      const ofTotals = await measure(() => fleet.text());
      const nothing = figure(idle).value;
      const minute = figure(ofMinute.map((cost) => cost - nothing));
      const totals = figure(ofTotals.map((cost) => cost - nothing));
      const perInterval = figure(ofTotals.map((cost) => (cost - nothing) / TOLD_EVERY_S));
      await worker.terminate();
      return {
        "a part: the last minute": minute,
        "a part: all totals": totals,
        "per interval of 1 s": perInterval,
      };
    },
  });
}
