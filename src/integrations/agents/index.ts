export {
  Agent,
  type Answer,
  type BoundModel,
  type BoundTool,
  type ModelOptions,
} from "./agent.js";
export { agent, currentAgent, mcp } from "./agents.js";
export type { Mcp, McpSession, McpSide } from "./mcp.js";
export type { AgentOptions, ConcurrencyLimits, Price } from "./options.js";
export type { QueuedTask } from "./queue.js";
export type { TaskOptions } from "./task.js";
