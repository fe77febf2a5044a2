// What every exporter receives, as a table on the terminal.
import { createAuspex } from "auspex";
import { consoleExporter } from "auspex/exporters/console";

const auspex = createAuspex({
  service: "demo",
  saturation: false,
  exporters: [{ exporter: consoleExporter(), intervalMs: 10_000 }],
});

const work = auspex.operation("work", { kind: "nightly" });
for (let ms = 1; ms <= 100; ms++) work.record(ms);
work.record(250, new TypeError("not a number"));
auspex.counter("rows", { unit: "{row}" }).add(1200);

await auspex.shutdown();
