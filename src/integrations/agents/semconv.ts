import type { AttributeValue } from "../../attributes/attributes.js";

/**
 * Every name these metrics have on the wire, in one table. Code goes by its keys, which stay as they are.
 *
 * `name` is that of the GenAI conventions in development, as of November 2026; `released` is what
 * conventions 1.45, the last release that held them, call the same thing. What neither names is `auspex.*`.
 * @see https://github.com/open-telemetry/semantic-conventions-genai
 */
export interface Metric {
  readonly name: string;
  readonly released?: ReleasedMetric;
  /** UCUM. */
  readonly unit: string;
  readonly description: string;
}

/** What has names of its own now was told by an attribute under one name. */
interface ReleasedMetric {
  readonly name: string;
  readonly description?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** A duration with in-flight counts: an operation of snapshots. */
interface OperationMetric extends Metric {
  /** The conventions have no name for what is in flight. */
  readonly active: string;
  readonly activeUnit: string;
}

/** Durations in seconds, by outcome. */
export const OPERATIONS = {
  run: {
    name: "gen_ai.invoke_agent.duration",
    unit: "s",
    description: "Duration of agent runs.",
    active: "auspex.gen_ai.invoke_agent.active",
    activeUnit: "{run}",
  },
  inference: {
    name: "gen_ai.client.inference.duration",
    released: { name: "gen_ai.client.operation.duration" },
    unit: "s",
    description: "Duration of model calls, of streamed ones to the end of the stream.",
    active: "auspex.gen_ai.client.inference.active",
    activeUnit: "{call}",
  },
  tool: {
    name: "gen_ai.execute_tool.duration",
    unit: "s",
    description: "Duration of tool calls.",
    active: "auspex.gen_ai.execute_tool.active",
    activeUnit: "{call}",
  },
  workflow: {
    name: "gen_ai.invoke_workflow.duration",
    unit: "s",
    description: "Duration of workflows.",
    active: "auspex.gen_ai.invoke_workflow.active",
    activeUnit: "{workflow}",
  },
  step: {
    name: "auspex.workflow.step.duration",
    unit: "s",
    description: "Duration of steps of workflows.",
    active: "auspex.workflow.step.active",
    activeUnit: "{step}",
  },
  task: {
    name: "auspex.agent.task.duration",
    unit: "s",
    description: "Duration of tasks, without their time in a queue.",
    active: "auspex.agent.task.active",
    activeUnit: "{task}",
  },
  mcpClient: {
    name: "mcp.client.operation.duration",
    unit: "s",
    description: "Duration of MCP requests and notifications, as seen by who sent them.",
    active: "auspex.mcp.client.operation.active",
    activeUnit: "{request}",
  },
  mcpServer: {
    name: "mcp.server.operation.duration",
    unit: "s",
    description: "Duration of MCP requests and notifications, as seen by who received them.",
    active: "auspex.mcp.server.operation.active",
    activeUnit: "{request}",
  },
  mcpClientSession: {
    name: "mcp.client.session.duration",
    unit: "s",
    description: "Duration of MCP sessions, as seen by the client.",
    active: "auspex.mcp.client.session.active",
    activeUnit: "{session}",
  },
  mcpServerSession: {
    name: "mcp.server.session.duration",
    unit: "s",
    description: "Duration of MCP sessions, as seen by the server.",
    active: "auspex.mcp.server.session.active",
    activeUnit: "{session}",
  },
} as const satisfies Readonly<Record<string, OperationMetric>>;

const tokenUsage = (type: "input" | "output"): ReleasedMetric => ({
  name: "gen_ai.client.token.usage",
  description: "Number of input and output tokens used.",
  attributes: { "gen_ai.token.type": type },
});

/** Histograms beside the operations; those in `s` are recorded in milliseconds. */
export const DISTRIBUTIONS = {
  timeToFirstChunk: {
    name: "gen_ai.client.inference.time_to_first_chunk",
    released: { name: "gen_ai.client.operation.time_to_first_chunk" },
    unit: "s",
    description: "Time from a model call to the first chunk of its stream.",
  },
  timePerChunk: {
    name: "gen_ai.client.inference.time_per_output_chunk",
    released: { name: "gen_ai.client.operation.time_per_output_chunk" },
    unit: "s",
    description: "Time from one chunk of a stream to the next.",
  },
  tokenRate: {
    name: "auspex.gen_ai.client.token_rate",
    unit: "{token}/s",
    description: "Output tokens of a stream by the time from its first chunk to its end.",
  },
  inputTokens: {
    name: "gen_ai.client.inference.usage.input_tokens",
    released: tokenUsage("input"),
    unit: "{token}",
    description: "Input tokens of a model call, cached ones among them.",
  },
  outputTokens: {
    name: "gen_ai.client.inference.usage.output_tokens",
    released: tokenUsage("output"),
    unit: "{token}",
    description: "Output tokens of a model call, those of its reasoning among them.",
  },
  contextUtilization: {
    name: "auspex.gen_ai.client.context.utilization",
    unit: "1",
    description: "Input tokens of a model call by the context length of the model.",
  },
  inferenceCalls: {
    name: "gen_ai.invoke_agent.inference_calls",
    unit: "{call}",
    description: "Model calls of one agent run.",
  },
  toolCalls: {
    name: "gen_ai.invoke_agent.tool_calls",
    unit: "{call}",
    description: "Tool calls of one agent run.",
  },
  childRuns: {
    name: "auspex.agent.run.children",
    unit: "{run}",
    description: "Agent runs that one run began itself: its fan-out.",
  },
  depth: {
    name: "auspex.agent.run.depth",
    unit: "{run}",
    description: "Agent runs around one run, itself counted: 1 at the top.",
  },
  wait: {
    name: "auspex.agent.task.wait.duration",
    unit: "s",
    description: "Time tasks waited in a queue.",
  },
} as const satisfies Readonly<Record<string, Metric>>;

export const COUNTERS = {
  tokens: {
    name: "auspex.gen_ai.client.tokens",
    unit: "{token}",
    description:
      "Tokens used; cached ones are among the input, those of reasoning among the output.",
  },
  cost: {
    name: "auspex.gen_ai.client.cost",
    unit: "{currency}",
    description: "Cost of model calls by the price table of the host.",
  },
  retries: {
    name: "auspex.agent.retries",
    unit: "{call}",
    description: "Model and tool calls that repeated a failed one.",
  },
  rateLimited: {
    name: "auspex.gen_ai.client.rate_limited",
    unit: "{call}",
    description: "Model calls that the provider refused for their rate.",
  },
  timeouts: {
    name: "auspex.agent.timeouts",
    unit: "{call}",
    description: "Calls, tasks and runs that failed at a time limit.",
  },
  repeatedToolCalls: {
    name: "auspex.agent.repeated_tool_calls",
    unit: "{call}",
    description: "Tool calls with the arguments of an earlier one of the same run.",
  },
  lateTasks: {
    name: "auspex.agent.task.late",
    unit: "{task}",
    description: "Tasks over their time limit, time in a queue counted.",
  },
  faults: {
    name: "auspex.agent.faults",
    unit: "{fault}",
    description: "What could not be used or was left behind, by reason.",
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** Shown among the saturation of snapshots. */
export const GAUGES = {
  rateLimit: {
    name: "auspex.gen_ai.provider.rate_limit",
    unit: "s",
    description:
      "Time until the provider takes calls again; saturation: share of its limit in use.",
  },
  context: {
    name: "auspex.gen_ai.client.context.size",
    unit: "{token}",
    description: "Input tokens of the last model call; saturation: by the context length.",
  },
  concurrency: {
    name: "auspex.agent.concurrency",
    unit: "{call}",
    description: "Work of an agent under way; saturation: by the limit the host gave.",
  },
  queueDepth: {
    name: "auspex.agent.queue.depth",
    unit: "{task}",
    description: "Tasks that wait for the agent; saturation: by the capacity the host gave.",
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type OperationKey = keyof typeof OPERATIONS;
export type DistributionKey = keyof typeof DISTRIBUTIONS;
export type CounterKey = keyof typeof COUNTERS;
export type GaugeKey = keyof typeof GAUGES;

/** Whose names are used. */
export type Edition = "released" | "latest";

/**
 * Which names the environment asks for: the released ones, unless it opts in to the latest; `/dup` asks
 * for both, and goes before.
 * @see OpenTelemetry semantic conventions, OTEL_SEMCONV_STABILITY_OPT_IN
 */
export function editionsFrom(optIn: string | undefined): readonly [Edition, Edition?] {
  const asked = (optIn ?? "").split(",").map((each) => each.trim());
  if (asked.some((each) => BOTH.has(each))) return ["latest", "released"];
  return asked.includes("gen_ai_latest_experimental") ? ["latest"] : ["released"];
}

const BOTH = new Set(["gen_ai/dup", "gen_ai_latest_experimental/dup"]);
