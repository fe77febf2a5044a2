import { describe, it } from "vitest";
import type { MetricExporter } from "../../src/index.js";
import { exporterConformance } from "../../src/testing/index.js";

export { batchOf } from "../../src/testing/index.js";

/** What every push exporter keeps, whatever it speaks: the public kit, under this runner. */
export function exporterConforms(name: string, make: () => MetricExporter): void {
  describe(`${name} keeps the exporter contract`, () => {
    for (const { name: sentence, run } of exporterConformance(make)) it(sentence, run);
  });
}
