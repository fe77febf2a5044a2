// One server to load: node twin.mjs FRAMEWORK WORK SPINS bare|watched. Tells its port, and its CPU time when
// asked.
import { createServer } from "node:http";
import { library } from "./library.mjs";

const [framework, work, spins, kind] = process.argv.slice(2);

/** A fixed amount of work, so that a slower moment shows in its time; in pieces that compile well. */
export function spin(pieces) {
  let hash = 1;
  for (let i = 0; i < pieces; i++) hash = piece(hash);
  return hash;
}

function piece(seed) {
  let hash = seed | 0;
  for (let i = 0; i < 1000; i++) hash = Math.imul(hash ^ i, 0x01000193) | 0;
  return hash;
}

const handlers = {
  "hello world": (answer) => answer("hello world"),
  "200 µs of CPU": (answer) => {
    // Whatever the hash, the answer is the same; the compiler does not know.
    answer(spin(Number(spins)) === 0.5 ? "" : "hello world");
  },
  "1 ms of waiting": (answer) => setTimeout(answer, 1, "hello world"),
};

async function monitor() {
  const { createAuspex } = await library();
  return createAuspex({ service: "twin" });
}

async function express(handle) {
  const { default: create } = await import("express");
  const app = create();
  if (kind === "watched") {
    const { monitorExpress } = await library("express");
    monitorExpress(app, await monitor());
  }
  app.get("/hello/:name", (_request, response) => handle((text) => response.send(text)));
  return createServer(app);
}

async function fastify(handle) {
  const { default: create } = await import("fastify");
  const app = create();
  if (kind === "watched") {
    const { fastifyAuspex } = await library("fastify");
    await app.register(fastifyAuspex, { auspex: await monitor() });
  }
  app.get("/hello/:name", (_request, reply) => {
    handle((text) => reply.send(text));
  });
  await app.ready();
  return app.server;
}

if (process.send !== undefined) {
  const server = await { express, fastify }[framework](handlers[work]);
  server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
  process.on("message", () => process.send({ cpu: process.cpuUsage() }));
  process.on("disconnect", () => process.exit(0));
}
