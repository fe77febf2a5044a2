// The Express half of the demo: parameters, a nested router, some 4xx, a slow report.
import { monitorExpress } from "auspex/express";
import express from "express";
import { database, wait } from "./backend.mjs";

function product(id) {
  const stock = { berlin: Math.random() < 0.5, lyon: Math.random() < 0.5, turin: true };
  return {
    id,
    name: `product ${id}`,
    price: { amount: 100 * Math.random(), currency: "EUR" },
    stock,
  };
}

export function shop(auspex) {
  const app = express();
  monitorExpress(app, auspex);
  app.get("/metrics", auspex.metrics);

  app.get("/products", async (_request, response) => {
    await database.query(14);
    response.json(Array.from({ length: 60 }, (_, at) => product(at)));
  });
  app.get("/products/:id", async (request, response) => {
    if (Math.random() < 0.8) await wait(2);
    else await database.query(11);
    if (request.params.id.endsWith("7")) response.status(404).json({ error: "no such product" });
    else response.json(product(request.params.id));
  });
  app.post("/carts/:id/items", async (_request, response) => {
    await database.query(9);
    if (Math.random() < 0.06) response.status(422).json({ error: "out of stock" });
    else response.status(201).end();
  });
  app.get("/reports/:year", async (_request, response) => {
    await wait(420, 0.35);
    response.json(Array.from({ length: 365 }, (_, day) => ({ day, revenue: Math.random() })));
  });

  const orders = express.Router({ mergeParams: true });
  orders.get("/:no", async (request, response) => {
    await database.query(18);
    response.json(request.params);
  });
  app.use("/users/:id/orders", orders);
  return app;
}
