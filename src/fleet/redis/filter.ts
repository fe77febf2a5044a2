import { fits } from "../../attributes/pattern.js";
import type { KnownSeries } from "../../exporters/redis/rollup-series.js";
import type { FleetFilter } from "./model.js";

/** Which series are meant. */
export function matching({
  operation,
  attributes,
  metric,
}: FleetFilter & { readonly metric?: string }): (series: KnownSeries) => boolean {
  const wanted = Object.entries(attributes ?? {});
  return ({ descriptor }) => {
    const { signals } = descriptor;
    if (operation !== undefined && !(signals && fits(operation, signals.name))) return false;
    if (metric !== undefined && !fits(metric, descriptor.name)) return false;
    return wanted.every(([name, value]) => {
      return (
        attributeOf(descriptor.attributes, name) === value ||
        attributeOf(signals?.attributes, name) === value
      );
    });
  };
}

/** Whether a service is meant. */
export function isMeant(service: string, wanted: FleetFilter["service"]): boolean {
  if (wanted === undefined) return true;
  return (typeof wanted === "string" ? [wanted] : wanted).some((each) => fits(each, service));
}

function attributeOf(attributes: Readonly<Record<string, unknown>> | undefined, name: string) {
  return attributes !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}
