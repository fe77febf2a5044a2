// An application that moves over from prom-client: both libraries on one page, in one scrape.
import { createAuspex } from "auspex";
import { fromPromClient, prometheus } from "auspex/exporters/prometheus";
import promClient from "prom-client";

const orders = new promClient.Counter({ name: "orders_total", help: "Orders." });
const exporter = prometheus({ include: [fromPromClient(promClient.register)] });
const auspex = createAuspex({ service: "shop", saturation: false, exporters: [exporter] });

orders.inc(3);
auspex.operation("charge card").record(12);
console.log(await exporter.text());
