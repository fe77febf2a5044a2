export { agent, currentAgent, mcp } from "./agents.js";
export type {
  Agent,
  Answer,
  BoundModel,
  BoundTool,
  Mcp,
  McpSession,
  McpSide,
  ModelOptions,
  QueuedTask,
  TaskOptions,
  UsageOf,
} from "./api.js";
export type { AgentOptions, ConcurrencyLimits, Price } from "./options.js";
