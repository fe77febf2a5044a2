// CPU of a timing that ends in a StatsD server, sends included, as a share of hot-shots' CPU for it: ours
// is recorded and, with 99,999 others of 20 series (or 999), exported; hot-shots writes each into its
// buffer of 1,400 bytes. Both in one process, in blocks in the order ours, theirs, theirs, ours; the
// server is another process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { figure, median } from "./lib/statistics.mjs";
import { durations, MASK } from "./lib/values.mjs";

const SERIES = 20;
const TIMINGS = 100_000;
/** Timings between two turns of the event loop, in which sends complete. */
const TURN = 1000;
const QUADS = 12;

const SINK = `
const socket = require("node:dgram").createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
socket.on("message", () => {});
socket.bind(0, "127.0.0.1", () => console.log(socket.address().port));
process.stdin.on("end", () => process.exit()).resume();
`;

async function sink() {
  const child = spawn(process.execPath, ["-e", SINK], { stdio: ["pipe", "pipe", "inherit"] });
  const [port] = await once(child.stdout, "data");
  return { port: Number(port), stop: () => child.stdin.end() };
}

/** CPU in ns of one timing, of all threads of this process. */
async function cpuOf(record, finish, every) {
  await nextTurn();
  const before = process.cpuUsage();
  for (let i = 0; i < TIMINGS; ) {
    for (const end = i + TURN; i < end; i++) record(i);
    await nextTurn();
    if (i % every === 0) await finish();
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / TIMINGS;
}

async function compare(options, every, ours, theirs) {
  const { createAuspex } = await library();
  const { statsd } = await library("exporters/statsd");
  const { default: hotShots } = await import("hot-shots");
  const { port, stop } = await sink();
  const exporter = statsd({ port, maxDatagramBytes: 1400, ...options });
  const auspex = createAuspex({ service: "bench", saturation: false, exporters: [exporter] });
  const client = new hotShots.StatsD({ host: "127.0.0.1", port, maxBufferSize: 1400 });
  const values = durations();
  const bound = Array.from({ length: SERIES }, (_, i) => ours(auspex, i));
  const timing = theirs(client);

  const runs = [
    () =>
      cpuOf(
        (i) => bound[i % SERIES].record(values[i & MASK]),
        async () => {
          const { ok, exporters } = await auspex.forceFlush();
          if (!ok) throw new Error(JSON.stringify(exporters));
        },
        every,
      ),
    () =>
      cpuOf(
        (i) => timing(i % SERIES, values[i & MASK]),
        () => new Promise((resolve) => client.flush(resolve)),
        every,
      ),
  ];
  const ratios = [];
  const ns = [];
  for (let quad = -2; quad < QUADS; quad++) {
    const took = [0, 0];
    for (const which of [0, 1, 1, 0]) took[which] += (await runs[which]()) / 2;
    // The first two warm up.
    if (quad < 0) continue;
    ratios.push(took[0] / took[1]);
    ns.push(took);
  }
  await auspex.shutdown();
  client.close();
  stop();
  const [ourNs, theirNs] = [0, 1].map((which) => median(ns.map((took) => took[which])));
  return { ...figure(ratios), ns: ourNs, rivalNs: theirNs };
}

await scenario({
  async auspex() {
    const names = Array.from({ length: SERIES }, (_, i) => `http.server.request.duration.${i}`);
    const tags = Array.from({ length: SERIES }, (_, i) => ({
      route: `/users/${i}`,
      method: "GET",
    }));
    const byName = (every) =>
      compare(
        { dialect: "statsd" },
        every,
        (auspex, i) => auspex.histogram(names[i], { unit: "ms" }).bind({}),
        (client) => (i, value) => client.timing(names[i], value),
      );
    return {
      "plain, by name": await byName(TIMINGS),
      "plain, 1,000 an export": await byName(TURN),
      "DogStatsD, by tags": await compare(
        { dialect: "dogstatsd" },
        TIMINGS,
        (auspex, i) =>
          auspex.histogram("http.server.request.duration", { unit: "ms" }).bind(tags[i]),
        (client) => (i, value) => {
          client.timing("http.server.request.duration", value, tags[i]);
        },
      ),
    };
  },
});
