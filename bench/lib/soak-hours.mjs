// A watched process on a manual clock: asked for so many minutes, it lives them and tells its heap.
import { setImmediate as turn } from "node:timers/promises";
import { heapNow } from "./heap.mjs";
import { library } from "./library.mjs";
import { random } from "./statistics.mjs";

/** Requests a second of each route; the last one always fails. */
const ROUTES = {
  "/hello/:name": 70,
  "/orgs/:id": 15,
  "/orgs/:id/stream": 7,
  "/orgs/:id/broken": 5,
};
const STEP_MS = 1000;

const { createAuspex } = await library();
const { ManualClock } = await library("testing");

const clock = new ManualClock();
const draw = random(1);
const auspex = createAuspex({ service: "soak", clock });
const routes = Object.entries(ROUTES).map(([route, perSecond]) => {
  const name = `GET ${route}`;
  return { operation: auspex.operation(name, { "http.route": route }), perSecond };
});
const error = new Error("broken");

function request(operation, isBroken) {
  const ms = Math.exp(draw() + draw() + draw() - 1);
  operation.record(ms, isBroken ? error : undefined);
}

async function live(minutes) {
  for (let second = 0; second < minutes * 60; second++) {
    for (const [at, route] of routes.entries()) {
      const count = Math.round(route.perSecond * (0.7 + 0.6 * draw()));
      for (let i = 0; i < count; i++) request(route.operation, at === routes.length - 1);
    }
    clock.advance(STEP_MS);
    // Half a core: within the budget, so that the pace is as asked.
    clock.cpuMs += STEP_MS / 2;
    // What waits for files, and what gives way after a slice, goes on.
    if (second % 10 === 9) await turn();
  }
}

const told = () => ({ minutes: clock.now() / 60_000, ...heapNow() });

process.on("message", async (minutes) => {
  await live(minutes);
  process.send(told());
});
process.on("disconnect", () => process.exit(0));
// State is restored before anything is judged.
for (let i = 0; i < 50; i++) await turn();
process.send(told());
