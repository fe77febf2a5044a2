// What watching adds to the time of a request, by blocks in ABBA order within one process, on real
// IncomingMessage and ServerResponse objects whose sockets lead nowhere. All responses end in one go.
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { CONCURRENT, driver, instrumentations, servers } from "./lib/requests.mjs";
import { added } from "./lib/timing.mjs";

/** What an option adds: run by hand, in no row. */
const withBodySizes = {
  "auspex with body sizes, Express": [
    "express",
    async (app) => {
      const { monitorExpress } = await library("express");
      monitorExpress(app, await monitor(), { bodySizes: true });
    },
  ],
  "auspex with body sizes, Fastify": [
    "fastify",
    async (app) => {
      const { fastifyAuspex } = await library("fastify");
      await app.register(fastifyAuspex, { auspex: await monitor(), http: { bodySizes: true } });
    },
  ],
  "auspex with body sizes, node:http": [
    "node:http",
    async (server) => {
      const { monitorHttpServer } = await library("http");
      monitorHttpServer(server, await monitor(), { route: () => "/hello/:name", bodySizes: true });
    },
  ],
};

async function monitor() {
  const { createAuspex } = await library();
  return createAuspex({ service: "bench" });
}

const contenders = {};
const all = { ...instrumentations, ...withBodySizes };
for (const [name, [framework, instrument]] of Object.entries(all)) {
  contenders[name] = async () => {
    const bare = driver(await servers[framework]());
    const watched = driver(await servers[framework](instrument));
    // Express is not itself before 40,000 requests.
    const options = { warmUp: 40_000, quads: 400, blockMs: 1, multiple: CONCURRENT };
    const time = await added(bare, watched, options);
    return { time: { ...time, share: time.ns / time.bareNs } };
  };
}

await scenario(contenders);
