import type { Auspex } from "../../../src/index.js";

type Attributes = Readonly<Record<string, string | number | boolean>>;

const fits = (attributes: Attributes, wanted: Attributes) =>
  Object.entries(wanted).every(([name, value]) => attributes[name] === value);

/** The last value of a gauge; undefined while it is not shown. */
export function gaugeOf(
  auspex: Auspex,
  name: string,
  attributes: Attributes = {},
): number | undefined {
  const { gauges, saturation } = auspex.snapshot("1m");
  return [...gauges, ...saturation].find(
    (each) => each.name === name && fits(each.attributes, attributes),
  )?.value;
}

/** 0…1, of what can run full; undefined where it has no limit. */
export function saturationOf(
  auspex: Auspex,
  name: string,
  attributes: Attributes = {},
): number | undefined {
  const { saturation } = auspex.snapshot("1m");
  return saturation.find((each) => each.name === name && fits(each.attributes, attributes))
    ?.saturation;
}

/** What was added to a counter within the last minute. */
export function countOf(
  auspex: Auspex,
  name: string,
  attributes: Attributes = {},
): number | undefined {
  const { counters } = auspex.snapshot("1m");
  return counters.find((each) => each.name === name && fits(each.attributes, attributes))?.count;
}

export const callbackErrors = (auspex: Auspex) => auspex.snapshot("1m").self.callbackErrors;
