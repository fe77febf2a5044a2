import type { AgentStatus } from "../agent-book.js";
import type { TaskOutcome } from "../facts.js";
import { nameOf } from "../names.js";

/** The channels that other programs report on. */
export const CHANNELS = {
  tasks: "events:tasks:updates",
  agents: "events:agents:status",
  training: "events:training:progress",
} as const;

type Fields = Readonly<Record<string, unknown>>;

export interface TaskUpdate {
  readonly taskId: string | undefined;
  readonly agent: string;
  readonly type: string;
  /** How it ended; undefined: it began. */
  readonly outcome: TaskOutcome | undefined;
  readonly durationMs: number;
  readonly waitMs: number;
  readonly limitMs: number | undefined;
}

export interface TrainingProgress {
  readonly projectId: string;
  readonly step: number;
  /** Epoch ms; undefined: now. */
  readonly timeMs: number | undefined;
  /** By metric; NaN for what its sender had no number for. */
  readonly metrics: readonly (readonly [metric: string, value: number])[];
}

/** How tasks stand, by what senders call it; `undefined` as a value: it began. */
const STATUSES: ReadonlyMap<unknown, TaskOutcome | undefined> = new Map<
  unknown,
  TaskOutcome | undefined
>([
  ["started", undefined],
  ["running", undefined],
  ["in_progress", undefined],
  ["done", "ok"],
  ["completed", "ok"],
  ["failed", "error"],
  ["error", "error"],
  ["cancelled", "aborted"],
  ["aborted", "aborted"],
]);

const WEEK_S = 604_800;
const MAX_TASKS = 1_000_000;
const MAX_METRICS = 16;
const METRIC = /^[A-Za-z][\w.-]{0,60}$/;
const NO_METRIC: ReadonlySet<string> = new Set([
  "projectId",
  "step",
  "timestamp",
  "status",
  "epoch",
]);

/** @returns undefined for what is no such update */
export function taskUpdateOf(fields: Fields): TaskUpdate | undefined {
  const agent = nameOf(fields.agent);
  if (agent === undefined || !STATUSES.has(fields.status)) return undefined;
  const outcome = STATUSES.get(fields.status);
  const seconds = secondsOf(fields.duration_seconds);
  const wait = secondsOf(fields.wait_seconds) ?? 0;
  const limit = secondsOf(fields.limit_seconds);
  // One that succeeded tells how long it took; of the others nobody may know.
  if ((outcome === "ok" && seconds === undefined) || [seconds, wait, limit].some(Number.isNaN)) {
    return undefined;
  }
  return {
    taskId: idOf(fields.taskId),
    agent,
    type: nameOf(fields.type) ?? "task",
    outcome,
    durationMs: (seconds ?? 0) * 1000,
    waitMs: wait * 1000,
    limitMs: limit === undefined || limit === 0 ? undefined : limit * 1000,
  };
}

/** @returns undefined for what is no such status */
export function agentStatusOf(fields: Fields): AgentStatus | undefined {
  const agent = nameOf(fields.agentType) ?? nameOf(fields.agent);
  const { status, taskCount } = fields;
  if (agent === undefined) return undefined;
  if (status !== "busy" && status !== "idle" && status !== "offline") return undefined;
  if (taskCount === undefined || taskCount === null) return { agent, status, tasks: undefined };
  const isCount = Number.isInteger(taskCount) && within(taskCount, 0, MAX_TASKS);
  return isCount ? { agent, status, tasks: taskCount as number } : undefined;
}

/** @returns undefined for what is no such progress */
export function trainingProgressOf(fields: Fields): TrainingProgress | undefined {
  const projectId = nameOf(fields.projectId)?.replaceAll(":", "_");
  const { step } = fields;
  if (projectId === undefined || !within(step, 0, Number.MAX_SAFE_INTEGER)) return undefined;
  const metrics: [string, number][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (NO_METRIC.has(name) || !METRIC.test(name) || metrics.length >= MAX_METRICS) continue;
    // JSON has no NaN: what is written instead is null, or a text.
    if (typeof value === "number") metrics.push([name, value]);
    else if (value === null || value === "NaN") metrics.push([name, Number.NaN]);
  }
  if (metrics.length === 0) return undefined;
  return { projectId, step: step as number, timeMs: timeOf(fields.timestamp), metrics };
}

function within(value: unknown, min: number, max: number): boolean {
  return typeof value === "number" && value >= min && value <= max;
}

/** Seconds up to a week; undefined: not told, NaN: nonsense. */
function secondsOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  return within(value, 0, WEEK_S) ? (value as number) : Number.NaN;
}

function idOf(value: unknown): string | undefined {
  return typeof value === "number" ? String(value) : nameOf(value);
}

/** ISO 8601, or epoch ms; what it is not counts as not told. */
function timeOf(value: unknown): number | undefined {
  const at = typeof value === "string" ? Date.parse(value.slice(0, 40)) : value;
  return typeof at === "number" && Math.abs(at) <= 8.64e15 ? at : undefined;
}
