import type { OperationFamily } from "./family.js";
import type { Registry } from "./registry.js";

const OPERATION = {
  name: "auspex.operation.duration",
  kind: "histogram",
  unit: "s",
  description: "Duration of operations.",
} as const;

const ACTIVE = {
  name: "auspex.operation.active",
  unit: "{operation}",
  description: "Operations begun and not ended.",
  named: true,
} as const;

/** Operations that no semantic convention has a name for: those of the user. */
export function operationsOf(registry: Registry): OperationFamily {
  return registry.family(OPERATION, ACTIVE);
}
