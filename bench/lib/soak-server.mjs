// A server that is soaked: Express, bare or watched, that tells on request how it is.
import { monitorEventLoopDelay } from "node:perf_hooks";
import express from "express";
import { heapNow } from "./heap.mjs";
import { library } from "./library.mjs";

const [kind] = process.argv.slice(2);
const app = express();
let auspex;
if (kind === "watched") {
  const { createAuspex } = await library();
  const { monitorExpress } = await library("express");
  auspex = createAuspex({ service: "soak" });
  monitorExpress(app, auspex);
}

const org = express.Router({ mergeParams: true });
app.get("/hello/:name", (request, response) => response.send(`hello ${request.params.name}`));
org.get("/:id", (request, response) => {
  setTimeout(() => response.json({ id: request.params.id }), 2);
});
org.get("/:id/broken", async () => {
  throw new Error("broken");
});
org.get("/:id/stream", (_request, response) => {
  response.write("one ");
  setTimeout(() => response.end("two"), 2);
});
app.use("/orgs", org);
app.use((_error, _request, response, _next) => response.status(500).send("broken"));

const sockets = new Set();
let requests = 0;
const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
server.on("connection", (socket) => {
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
});
server.on("request", () => requests++);

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

/** Listeners of all kinds on the socket that has most. */
function mostListeners() {
  const counts = [...sockets].map((socket) => {
    return socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0);
  });
  return Math.max(0, ...counts);
}

let listeners = 0;
setInterval(() => {
  listeners = Math.max(listeners, mostListeners());
}, 500);

const answers = {
  began() {
    delay.reset();
    requests = 0;
    listeners = 0;
    return {};
  },
  ended() {
    return { requests, p99Ms: delay.percentile(99) / 1e6, listeners };
  },
  weighed() {
    return { ...heapNow(), sockets: sockets.size };
  },
  counted() {
    const operations = auspex?.snapshot("total").operations ?? [];
    const sum = (of) => operations.reduce((total, each) => total + of(each), 0);
    return {
      inFlight: sum(({ inFlight }) => inFlight),
      requests: sum(({ traffic }) => traffic.count),
      aborted: sum(({ aborted }) => aborted.count),
      errors: sum(({ errors }) => errors.count),
      series: auspex?.snapshot().self.series,
    };
  },
};

process.on("message", (name) => process.send(answers[name]()));
process.on("disconnect", () => process.exit(0));
