// A whole operation: in flight, two readings of the clock, one record with its outcome.
import { createServer } from "node:http";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { random } from "./lib/statistics.mjs";
import { race } from "./lib/timing.mjs";

const CALLS = 65_536;
const MASK = CALLS - 1;
const METHODS = ["GET", "POST"];
const STATUSES = [200, 200, 200, 200, 200, 201, 404, 500];

/** Calls in random order: the route, method and status of each. */
function calls(routes) {
  const next = random(2);
  const pick = (count) => Uint16Array.from({ length: CALLS }, () => Math.floor(next() * count));
  return { route: pick(routes), method: pick(METHODS.length), status: pick(STATUSES.length) };
}

const templates = (count) => Array.from({ length: count }, (_, i) => `/shop/${i}/items/:item`);

/** The routes of a monitor as integrations bind them, through what they leave on a response. */
async function routesOf(auspex) {
  const { monitorHttpServer } = await library("http");
  const server = createServer();
  const stop = monitorHttpServer(server, auspex);
  const response = { emit() {} };
  server.emit("request", { method: "GET" }, response);
  stop();
  return response[Symbol.for("auspex.exchange@0")].routes;
}

/** What an integration does for a request, its HTTP apart. */
async function byRoute(auspex, count) {
  const routes = await routesOf(auspex);
  const { clock } = routes;
  const bound = templates(count).map((template) => routes.route(template));
  const { route, method, status } = calls(count);
  return race(
    (times) => {
      for (let i = 0; i < times; i++) {
        const at = i & MASK;
        // Methods have even numbers: odd ones are for https.
        const operation = bound[route[at]].operation(method[at] * 4);
        operation.signals.inFlight++;
        const started = clock.now();
        operation.signals.inFlight--;
        operation.of(STATUSES[status[at]]).duration.record(clock.now() - started);
      }
    },
    { warmUp: 200_000, blockMs: 8 },
  );
}

async function rivalByRoute(count, observe) {
  const names = templates(count);
  const { route, method, status } = calls(count);
  return race(
    (times) => {
      for (let i = 0; i < times; i++) {
        const at = i & MASK;
        const started = performance.now();
        const labels = {
          method: METHODS[method[at]],
          route: names[route[at]],
          status: STATUSES[status[at]],
        };
        observe((performance.now() - started) / 1000, labels);
      }
    },
    { warmUp: 40_000 },
  );
}

await scenario({
  async auspex() {
    const { createAuspex } = await library();
    const auspex = createAuspex({
      service: "bench",
      saturation: false,
      cardinalityLimit: 100_000,
    });
    const operation = auspex.operation("charge card");
    const bound = await race((times) => {
      for (let i = 0; i < times; i++) operation.end(operation.start());
    });
    return {
      bound,
      "4 routes": await byRoute(auspex, 4),
      "1,000 routes": await byRoute(auspex, 1000),
    };
  },

  async "prom-client"() {
    const { promHistogram } = await import("./lib/rivals.mjs");
    const histogram = promHistogram(["method", "route", "status"]);
    const child = histogram.labels("GET", "/", 200);
    const bound = await race((times) => {
      for (let i = 0; i < times; i++) {
        const started = performance.now();
        child.observe((performance.now() - started) / 1000);
      }
    });
    const observe = (seconds, labels) => histogram.observe(labels, seconds);
    return {
      bound,
      "4 routes": await rivalByRoute(4, observe),
      "1,000 routes": await rivalByRoute(1000, observe),
    };
  },

  async OpenTelemetry() {
    const { otelHistogram } = await import("./lib/rivals.mjs");
    const histogram = await otelHistogram();
    const attributes = { operation: "charge card" };
    const bound = await race((times) => {
      for (let i = 0; i < times; i++) {
        const started = performance.now();
        histogram.record((performance.now() - started) / 1000, attributes);
      }
    });
    const observe = (seconds, labels) => histogram.record(seconds, labels);
    return {
      bound,
      "4 routes": await rivalByRoute(4, observe),
      "1,000 routes": await rivalByRoute(1000, observe),
    };
  },
});
