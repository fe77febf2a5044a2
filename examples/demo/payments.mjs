// The Fastify half of the demo: a plugin with a prefix, and a card provider that can fail.
import { fastifyAuspex } from "auspex/fastify";
import fastify from "fastify";
import { cardProvider, database, wait } from "./backend.mjs";

export async function payments(auspex) {
  const app = fastify({ forceCloseConnections: true });
  await app.register(fastifyAuspex, { auspex });
  await app.register(
    async (routes) => {
      routes.post("", async (_request, reply) => {
        await cardProvider(38);
        return reply.code(201).send({ id: 1 });
      });
      routes.get("/:id", async (request) => {
        await database.query(7);
        return request.params;
      });
      routes.post("/:id/refund", async (_request, reply) => {
        await cardProvider(70);
        return Math.random() < 0.1 ? reply.code(409).send({ error: "too late" }) : { ok: true };
      });
    },
    { prefix: "/payments" },
  );
  app.get("/balance", async () => {
    await wait(1.2, 0.3);
    return { balance: 1 };
  });
  return app;
}
