// Express 4 in CommonJS. In your own code the package is "express"; here it is installed under
// another name, because version 5 stands beside it.
const { createAuspex } = require("auspex");
const { monitorExpress } = require("auspex/express");
const express = require("express4");

const app = express();
const auspex = createAuspex({ service: "shop" });
monitorExpress(app, auspex);

app.get("/hello/:name", (request, response) => response.send(`hello ${request.params.name}`));
app.get("/broken", () => {
  throw new Error("out of order");
});
app.use((_error, _request, response, _next) => response.status(500).end());

const server = app.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  for (const path of ["/hello/ada", "/hello/grace", "/broken"]) await fetch(url + path);

  for (const { name, traffic, errors } of auspex.snapshot("1m").operations) {
    console.log(`${name}: ${traffic.count} requests, ${errors.count} errors`, errors.byType);
  }
  server.close();
});
