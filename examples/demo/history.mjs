// The last 40 seconds of each operation, for the sparklines: an exporter like any other. It is given
// deltas, so every batch holds what two seconds brought, with its histograms whole.
import { Accumulator } from "auspex/histogram";

export const EVERY_MS = 2000;
const KEPT = 40_000 / EVERY_MS;

export class History {
  name = "history";
  /** By the name of the operation: p99 in ms (NaN: nothing) and requests per second, oldest first. */
  operations = new Map();

  async export(batch) {
    const seconds = (batch.to - batch.from) / 1000;
    const now = new Map();
    for (const metric of batch.metrics) {
      if (metric.kind !== "histogram") continue;
      for (const { attributes, histogram } of metric.points) {
        const name = nameOf(attributes);
        const entry = now.get(name) ?? { all: 0, fine: new Accumulator(histogram.layout) };
        now.set(name, entry);
        entry.all += histogram.count;
        entry.scale = histogram.scale;
        const left = attributes["http.response.status_code"] === 499;
        if (!left && attributes["error.type"] === undefined) entry.fine.addClosed(histogram);
      }
    }
    for (const name of new Set([...this.operations.keys(), ...now.keys()])) {
      const { p99, rate } = this.of(name);
      const entry = now.get(name);
      const fine = entry?.fine.count ? entry.fine.take(entry.scale) : undefined;
      p99.push(fine === undefined ? Number.NaN : fine.percentile(99) * 1000);
      rate.push(entry === undefined ? 0 : entry.all / seconds);
      if (p99.length > KEPT) p99.shift();
      if (rate.length > KEPT) rate.shift();
    }
    return { status: "success" };
  }

  of(name) {
    let series = this.operations.get(name);
    if (series === undefined) {
      const empty = () => new Array(KEPT).fill(Number.NaN);
      series = { p99: empty(), rate: empty() };
      this.operations.set(name, series);
    }
    return series;
  }
}

function nameOf(attributes) {
  const method = attributes["http.request.method"];
  if (method === undefined) return attributes["operation.name"];
  return `${method} ${attributes["http.route"] ?? "(unmatched)"}`;
}
