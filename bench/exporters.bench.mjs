// All exporters at once beside 2,000 busy series, on the real clock: what the event loop and the CPU
// feel of it. Each exports every 10 s, six times as often as by default, to a process of its own.
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { durations, MASK } from "./lib/values.mjs";

const SERIES = 2000;
const VALUES_A_SECOND = 50;
const EVERY_MS = 10_000;
const WARM_UP_MS = 25_000;
const RUN_MS = 60_000;
const STEP_MS = 20;

function sinks() {
  const child = fork(fileURLToPath(new URL("lib/sinks.mjs", import.meta.url)));
  const next = () => new Promise((resolve) => child.once("message", resolve));
  return {
    ports: next(),
    scrape: (url) => child.send({ scrape: url, everyMs: EVERY_MS }),
    async counts() {
      const counts = next();
      child.send({});
      return counts;
    },
    stop: () => child.kill("SIGKILL"),
  };
}

/** Records 100,000 values a second in small steps, as requests would. */
function load(operations) {
  const values = durations();
  let at = 0;
  let next = 0;
  const each = Math.round((operations.length * VALUES_A_SECOND * STEP_MS) / 1000);
  return setInterval(() => {
    for (let i = 0; i < each; i++) {
      operations[next].record(values[at++ & MASK]);
      next = (next + 1) % operations.length;
    }
  }, STEP_MS);
}

async function run(isExporting) {
  const sink = sinks();
  const { http, udp } = await sink.ports;
  const { createAuspex } = await library();
  const { otlp } = await library("exporters/otlp");
  const { statsd } = await library("exporters/statsd");
  const exporters = [
    { exporter: otlp({ url: `http://127.0.0.1:${http}/v1/metrics` }), intervalMs: EVERY_MS },
    {
      exporter: statsd({ host: "127.0.0.1", port: udp, dialect: "dogstatsd" }),
      intervalMs: EVERY_MS,
    },
  ];
  const auspex = createAuspex({
    service: "bench",
    cardinalityLimit: SERIES + 1,
    overheadBudget: false,
    exporters: isExporting ? exporters : [],
  });
  const server = createServer((request, response) => auspex.metrics(request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  if (isExporting) sink.scrape(`http://127.0.0.1:${server.address().port}/metrics`);
  const operations = [];
  for (let i = 0; i < SERIES; i++) operations.push(auspex.operation("busy", { series: i }));
  load(operations);
  await sleep(WARM_UP_MS);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const metered = timerMs(auspex);
  await sleep(RUN_MS);
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const counts = await sink.counts();
  const failed = Object.values(auspex.snapshot().self.exports).filter((each) => each.failed > 0);
  if (isExporting && (failed.length > 0 || counts.datagrams === 0 || counts.scrapes === 0)) {
    throw new Error(`exports failed: ${JSON.stringify([counts, auspex.snapshot().self.exports])}`);
  }
  sink.stop();
  const single = (value) => ({ value, low: value, high: value, repetitions: 1 });
  return {
    "loop delay p99": single(delay.percentile(99) / 1e6),
    "loop delay max": single(delay.max / 1e6),
    "timer work": single((timerMs(auspex) - metered) / RUN_MS),
    "CPU in all": single((user + system) / 1000 / RUN_MS),
  };
}

/** What the library has metered of its timer work so far, in ms. */
function timerMs(auspex) {
  const { timer, ratio, ofCore } = auspex.snapshot("10s").self.overhead;
  return ratio === 0 ? 0 : (timer / ratio) * ofCore * performance.now();
}

await scenario({ auspex: () => run(true), "no exporters": () => run(false) });
