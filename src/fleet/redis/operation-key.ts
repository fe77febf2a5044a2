import { attributesKey } from "../../attributes/attributes.js";
import type { PointSignals } from "../../snapshot/batch.js";

/** The same text for the same operation of the same service. */
export function operationKey(
  service: string,
  { instrument, name, attributes }: PointSignals,
): string {
  const names = [service, instrument, name].map((text) => `${text.length}:${text}`);
  return names.join("") + attributesKey(attributes);
}
