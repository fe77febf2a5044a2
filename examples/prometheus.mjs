// /metrics on a server of its own, with other bucket bounds. `auspex.metrics` needs no set-up at all;
// this is for a port that only Prometheus can reach.
import { createServer } from "node:http";
import { createAuspex } from "auspex";
import { prometheus } from "auspex/exporters/prometheus";

const exporter = prometheus({ bounds: { "auspex.operation.duration": [0.01, 0.1, 1] } });
const auspex = createAuspex({ service: "worker", saturation: false, exporters: [exporter] });
const work = auspex.operation("work");
for (let ms = 1; ms <= 200; ms++) work.record(ms);

const server = createServer(exporter.handler).listen(0, "127.0.0.1", async () => {
  const page = await fetch(`http://127.0.0.1:${server.address().port}/metrics`);
  console.log(await page.text());
  server.close();
});
