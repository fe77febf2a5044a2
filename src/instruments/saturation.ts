import { type Attributes, textOf } from "../attributes/attributes.js";
import { readFields } from "../diag/read-fields.js";
import { described, type InstrumentOptions } from "./instruments.js";
import { INTERNALS, type Instrumented } from "./internals.js";

/** A gauge read once a second that says how full something is, 0 (idle) to 1 (full). @returns stop */
export function saturation(
  auspex: Instrumented,
  name: string,
  read: () => number | Promise<number>,
  options?: InstrumentOptions & { readonly attributes?: Attributes },
): () => void {
  const internals = auspex[INTERNALS];
  const { registry } = internals;
  const {
    unit = "1",
    description = `Saturation of ${textOf(name)}.`,
    attributes,
  } = readFields(options, ["unit", "description", "attributes"]);
  const instrument = registry.gauge({
    ...described(name, { unit, description }),
    kind: "gauge",
  });
  internals.showSaturation(instrument);
  const series = registry.bindGauge(instrument, attributes);
  return internals.observe(read, (value) => {
    series.set(value);
    series.saturation = Math.min(1, Math.max(0, value));
  });
}
