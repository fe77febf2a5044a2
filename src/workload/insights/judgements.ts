import { figure } from "../../baselines/words.js";
import type { AgentsReading } from "../agent-book.js";
import type { GpuReading } from "../gpu.js";
import type { AgentRank } from "../ranking.js";
import type { StepReading } from "../step-book.js";
import type { Compliance } from "../task-book.js";
import type { Teller } from "./teller.js";

/** Below this share of a limit a condition that held is over. */
const RECOVERY = 0.9;
const LEAST_LIMITED = 10;
const LEAST_SLA = 0.9;
const RECOVERED_SLA = 0.93;
const LEAST_TASKS = 10;
const MOST_VARIANCE_PERCENT = 30;
/** Load moves with every task: it is uneven when it was so at each of as many looks. */
const UNEVEN_LOOKS = 3;

const MOST_RANKS = 100;
/** Rankings are told of so often, while they change. */
const RANKINGS_MS = 300_000;

const GPU = { temperature: 85, utilization: 30, memory: 95 };

/** Looks at the books now and then, and tells what a person should know. */
export class Judgements {
  #unevenLooks = 0;
  #rankings = { toldMs: Number.NEGATIVE_INFINITY, tasks: 0 };

  constructor(private readonly teller: Teller) {}

  sla(sla: Compliance, timeMs: number): void {
    const limit = this.teller.isOn("sla") ? RECOVERED_SLA : LEAST_SLA;
    const isOn = sla.limited >= LEAST_LIMITED && sla.ratio < limit;
    this.teller.judge("sla", isOn, timeMs, () => ({
      kind: "sla",
      alert: "system",
      operation: "tasks",
      signal: "latency",
      severity: "critical",
      reason: `${sla.late} of ${sla.limited} tasks of the last hour took longer than their limit`,
      advice: "add capacity to what is slowest, or change the limits",
      data: { type: "sla_breach", slaCompliancePercent: sla.ratio * 100, ...sla },
    }));
  }

  balance({ inService: load, agents }: AgentsReading, timeMs: number): void {
    const isOn = this.teller.isOn("unbalanced");
    const limit = MOST_VARIANCE_PERCENT * (isOn ? RECOVERY : 1);
    const isUneven = load.agents >= 2 && load.tasks >= LEAST_TASKS && load.variancePercent > limit;
    this.#unevenLooks = isUneven ? this.#unevenLooks + 1 : 0;
    const isSure = isOn ? isUneven : this.#unevenLooks >= UNEVEN_LOOKS;
    this.teller.judge("unbalanced", isSure, timeMs, () => {
      const most = agents.reduce((a, b) => (b.tasks > a.tasks ? b : a));
      return {
        kind: "unbalanced",
        alert: "distribution",
        operation: most.agent,
        signal: "saturation",
        severity: "warning",
        reason: `${load.tasks} tasks lie on ${load.agents} agents, ${figure(load.mean)} each on average, ${most.tasks} of them on ${most.agent}: ${figure(load.variancePercent)} % off`,
        advice: "review how tasks are handed out",
        data: { type: "unbalanced_load", loadVariance: load.variancePercent, ...load },
      };
    });
  }

  /** Best first. */
  rankings(rankings: readonly AgentRank[], timeMs: number): void {
    const tasks = rankings.reduce((sum, rank) => sum + rank.tasks, 0);
    const [best] = rankings;
    const isNew = tasks !== this.#rankings.tasks;
    if (best === undefined || !isNew || timeMs - this.#rankings.toldMs < RANKINGS_MS) return;
    this.#rankings = { toldMs: timeMs, tasks };
    this.teller.always(timeMs, {
      kind: "agent_performance",
      operation: best.agent,
      signal: "latency",
      severity: "info",
      reason: `${best.agent} leads ${rankings.length} agents with a score of ${figure(best.score)}`,
      advice: "hand out work by rank where there is a choice",
      data: { type: "performance_rankings_updated", rankings: rankings.slice(0, MOST_RANKS) },
    });
  }

  step(step: StepReading, timeMs: number): void {
    const { workflow, step: name, recent, usualMs, share, slow } = step;
    const operation = workflow === undefined ? name : `${workflow}: ${name}`;
    this.teller.judge(JSON.stringify(["step", workflow, name]), slow !== undefined, timeMs, () => {
      const mean = `${figure(recent.mean / 1000)} s on average`;
      const reason = {
        departed: `takes ${figure(recent.p50 / 1000)} s, which used to be ${figure((usualMs ?? 0) / 1000)} s`,
        long: `takes ${mean}`,
        dominates: `takes ${figure(share, "1")} of the time of its workflow, ${mean}`,
      }[slow ?? "long"];
      const advice = "see whether parts of it can go in parallel, or what it waits for";
      const average = { avgDuration: recent.mean / 1000, usual: (usualMs ?? Number.NaN) / 1000 };
      return {
        kind: "workflows",
        operation,
        signal: "latency",
        severity: slow === "dominates" ? "info" : "warning",
        reason: `${operation} ${reason}`,
        advice,
        data: {
          type: "slow_step_detected",
          workflowId: workflow,
          stepId: name,
          share,
          why: slow,
          ...average,
        },
      };
    });
  }

  /** @param isTraining - whether a training series is being appended to */
  gpu(gpu: GpuReading, isTraining: boolean, timeMs: number): void {
    const { temperatureCelsius, memoryPercent, utilizationPercent } = gpu;
    this.#gpuAbove(gpu, "high_temperature", temperatureCelsius, GPU.temperature, timeMs, {
      severity: "critical",
      reason: `is at ${temperatureCelsius} °C`,
      advice: "check the cooling and reduce load",
    });
    this.#gpuAbove(gpu, "memory_exhaustion", memoryPercent, GPU.memory, timeMs, {
      severity: "critical",
      reason: `has ${figure(memoryPercent ?? Number.NaN)} % of its memory in use`,
      advice: "enable gradient checkpointing, or reduce the batch size",
    });
    const idle = utilizationPercent === null ? null : 100 - utilizationPercent;
    const mostIdle = 100 - GPU.utilization;
    this.#gpuAbove(gpu, "low_utilization", isTraining ? idle : null, mostIdle, timeMs, {
      severity: "warning",
      reason: `is ${figure(utilizationPercent ?? Number.NaN)} % busy during training`,
      advice: "the training may wait for data: look at its input pipeline",
    });
  }

  #gpuAbove(
    gpu: GpuReading,
    type: string,
    value: number | null,
    limit: number,
    timeMs: number,
    told: { severity: "critical" | "warning"; reason: string; advice: string },
  ): void {
    const key = JSON.stringify(["gpu", type, gpu.id]);
    // A value that must rise over the limit and fall a little below it.
    const recovered = limit - (1 - RECOVERY) * Math.min(limit, 50);
    const isOn = value !== null && value > (this.teller.isOn(key) ? recovered : limit);
    this.teller.judge(key, isOn, timeMs, () => ({
      kind: "gpu",
      alert: "gpu",
      operation: `gpu ${gpu.id}`,
      signal: "saturation",
      ...told,
      reason: `GPU ${gpu.id} ${told.reason}`,
      data: { type, ...gpu },
    }));
  }
}
