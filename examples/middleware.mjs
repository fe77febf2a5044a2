// The classic middleware, for habit's sake: the same figures as monitorExpress, at a little more cost.
import { createAuspex } from "auspex";
import { expressMiddleware } from "auspex/express";
import express from "express";

const auspex = createAuspex({ service: "shop" });
const app = express();
app.use(expressMiddleware(auspex));
app.get("/orders/:id", (request, response) => response.json(request.params));

const server = app.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  for (let i = 0; i < 10; i++) await fetch(`${url}/orders/${i}`);

  for (const { name, traffic, latency } of auspex.snapshot("10s").operations) {
    console.log(`${name}: ${traffic.count} requests, p95 ${latency.p95} ms`);
  }
  server.close();
});
