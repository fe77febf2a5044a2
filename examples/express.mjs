// Express 5: one line before the routes.
import { createAuspex } from "auspex";
import { monitorExpress } from "auspex/express";
import express from "express";

const app = express();
const auspex = createAuspex({ service: "shop" });
monitorExpress(app, auspex);
app.get("/metrics", auspex.metrics);

const orders = express.Router({ mergeParams: true });
orders.get("/:order", (request, response) => response.json(request.params));
app.use("/users/:user/orders", orders);

const server = app.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  for (let i = 0; i < 20; i++) await fetch(`${url}/users/${i}/orders/${i * 7}`);
  await fetch(`${url}/wp-login.php`);

  for (const { name, latency, traffic } of auspex.snapshot("1m").operations) {
    console.log(`${name}: ${traffic.count} requests, p99 ${latency.p99} ms`);
  }
  const page = await (await fetch(`${url}/metrics`)).text();
  console.log(page.match(/^http_server_request_duration_seconds_count.*$/gm).join("\n"));
  server.close();
});
