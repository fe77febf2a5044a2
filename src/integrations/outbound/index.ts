export {
  Dependency,
  type DependencyOptions,
  dependency,
  type OperationOptions,
} from "./dependency.js";
export type { OutboundOptions, OutboundRequest } from "./options.js";
export type { DependencyKind } from "./systems.js";
export { watchOutbound } from "./watch.js";
