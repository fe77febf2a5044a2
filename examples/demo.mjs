// npm run demo: an Express and a Fastify server in one program, visited by a process of its own, and
// their golden signals live in the terminal. One process has one event loop, so one monitor watches
// both servers, the job between them and the pool they share; its /metrics shows it all.
//
//   npm run demo -- [--seconds N] [--port N]
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { createAuspex } from "auspex";
import { database, faults, wait } from "./demo/backend.mjs";
import { EVERY_MS, History } from "./demo/history.mjs";
import { payments } from "./demo/payments.mjs";
import { column, frame, palette, summary } from "./demo/screen.mjs";
import { shop } from "./demo/shop.mjs";

const { values: options } = parseArgs({
  options: { seconds: { type: "string" }, port: { type: "string", default: "0" } },
});
const seconds = options.seconds === undefined ? undefined : Number(options.seconds);
const port = Number(options.port);
if (!(seconds === undefined || seconds > 0) || !(port >= 0 && port < 65_536)) {
  console.error("usage: npm run demo -- [--seconds N] [--port N]");
  process.exit(2);
}

// It ends when the time is up, on Ctrl-C, or when nobody reads any more.
const ended = new AbortController();
const isOver = once(ended.signal, "abort");
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => ended.abort());
process.stdout.on("error", () => ended.abort());

// The monitor, and what it watches.
const history = new History();
const auspex = createAuspex({
  service: "demo",
  exporters: [{ exporter: history, intervalMs: EVERY_MS, temporality: "delta" }],
});
auspex.saturation("db.pool", () => database.used / database.size);
const reindex = auspex.wrap("reindex search", async () => {
  await database.query(24);
  await wait(15);
});
const express = createServer(shop(auspex)).listen(port, "127.0.0.1");
await once(express, "listening");
const fastify = await payments(auspex);
await fastify.listen({ host: "127.0.0.1", port: port === 0 ? 0 : port + 1 });
const shopPort = express.address().port;
const paymentsPort = fastify.server.address().port;
const scrape = `http://127.0.0.1:${shopPort}/metrics`;

const job = setInterval(() => reindex().catch(() => {}), 400);
const visitors = fork(
  new URL("demo/load.mjs", import.meta.url),
  [String(shopPort), String(paymentsPort)],
  { stdio: ["ignore", "ignore", "inherit", "ipc"] },
);

// The two faults come and go, once within --seconds, else in every minute.
const round = seconds ?? 60;
const story = [
  {
    from: 0.22,
    to: 0.42,
    style: ["bold", "onYellow"],
    text: "SLOW-DOWN: the database takes five times as long",
    apply: (on) => (faults.databaseTimes = on ? 5 : 1),
  },
  {
    from: 0.62,
    to: 0.8,
    style: ["bold", "onRed"],
    text: "ERROR BURST: the card provider refuses 40 % of payments",
    apply: (on) => (faults.refused = on ? 0.4 : 0),
  },
];
const begun = performance.now();
const elapsed = () => (performance.now() - begun) / 1000;
const turn = () => (elapsed() % round) / round;
const scenes = setInterval(() => {
  for (const { from, to, apply } of story) apply(turn() >= from && turn() < to);
}, 50);

const clock = (time) => {
  const whole = Math.floor(time);
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
};

function news(width, paint) {
  const now = turn();
  const current = story.find(({ from, to }) => now >= from && now < to);
  if (current !== undefined) {
    const left = Math.ceil((current.to - now) * round);
    return paint(` ${column(`${current.text}, ${left} s left`, width - 1)}`, ...current.style);
  }
  const over = story.find(({ to }) => now >= to && (now - to) * round < 10);
  const next =
    story.find(({ from }) => from > now) ?? (seconds === undefined ? story[0] : undefined);
  const well = over === undefined ? " all well" : " over; the last 10 seconds still know of it";
  if (next === undefined) return paint(well, "green");
  const until = Math.ceil(((((next.from - now) % 1) + 1) % 1) * round);
  const what = next.text.split(":")[0].toLowerCase();
  return `${paint(well, "green")}${paint(`, ${what} in ${until} s`, "dim")}`;
}

const isPayment = ({ name }) => / \/(payments|balance)/.test(name);
const isHttp = ({ instrument }) => instrument.startsWith("http.");
/** What the monitor takes for itself: of one core, and of what this process takes of it. */
function ownShare({ overhead }) {
  const { user, system } = process.cpuUsage();
  const ofCore = (overhead.ratio * (user + system)) / 1e6 / process.uptime();
  return `auspex took ${(ofCore * 100).toFixed(2)} % of a core, ${(overhead.ratio * 100).toFixed(1)} % of the CPU used`;
}
const count = (number) => number.toLocaleString("en-US");
const draw = (width, paint) => {
  const snapshot = auspex.snapshot("10s");
  const { self } = snapshot;
  const view = {
    snapshot,
    history,
    title: (columns, colour) => {
      const time = `${clock(elapsed())}${seconds === undefined ? "" : ` of ${clock(seconds)}`} `;
      return ` ${colour("auspex", "bold", "cyan")}${" golden signals, live".padEnd(columns - 7 - time.length)}${time}`;
    },
    news,
    sections: [
      { name: `Express :${shopPort}`, has: (row) => isHttp(row) && !isPayment(row) },
      { name: `Fastify :${paymentsPort}`, has: (row) => isHttp(row) && isPayment(row) },
      { name: "wrapped functions", has: (row) => !isHttp(row) },
    ],
    below: (colour) => [
      colour(` ${count(self.records)} recorded; ${ownShare(self)}`, "dim"),
      ` ${colour(scrape, "cyan")}${seconds === undefined ? colour("   Ctrl-C ends", "dim") : ""}`,
    ],
  };
  return frame(view, width, paint);
};

// On a terminal a picture a second, in place; else plain text every few seconds.
const { stdout } = process;
const live = stdout.isTTY === true;
const paint = palette(live && !process.env.NO_COLOR);
const screen = {
  show() {
    if (!live) {
      stdout.write(`${draw(Number(process.env.COLUMNS) || 100, paint).join("\n")}\n\n`);
      return;
    }
    const lines = draw(Math.max(72, stdout.columns ?? 80), paint).slice(0, (stdout.rows ?? 24) - 1);
    stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\n")}\x1b[J`);
  },
  open: () => live && stdout.write("\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"),
  close: () => live && stdout.write("\x1b[?7h\x1b[?25h\x1b[?1049l"),
};
if (!live)
  stdout.write(`auspex demo: Express :${shopPort}, Fastify :${paymentsPort}, ${scrape}\n\n`);
screen.open();
process.once("exit", screen.close);
const frames = setInterval(() => screen.show(), live ? 1000 : Math.min(3000, round * 400));

if (seconds !== undefined) setTimeout(() => ended.abort(), seconds * 1000);
await isOver;

for (const timer of [job, scenes, frames]) clearInterval(timer);
const total = auspex.snapshot("total");
const gone = once(visitors, "exit");
visitors.disconnect();
await gone;
express.closeAllConnections();
await Promise.all([new Promise((resolve) => express.close(resolve)), fastify.close()]);
await auspex.shutdown();
process.off("exit", screen.close);
screen.close();
stdout.write(
  [
    ...summary(total, paint),
    "",
    ` ${count(total.self.records)} recorded in ${Math.round(elapsed())} s; ${ownShare(total.self)}`,
    "",
  ].join("\n"),
);
