/** What an agent has done, as its rank is made of it. */
export interface Performance {
  readonly agent: string;
  /** Ended with or without an error. */
  readonly tasks: number;
  readonly errors: number;
  /** ms of those without an error, and what their types take on average. */
  readonly tookMs: number;
  readonly usualMs: number;
}

export interface AgentRank {
  readonly rank: number;
  readonly agent: string;
  /** 0 … 100, higher is better; 50 fails never and is as fast as the others. */
  readonly score: number;
  readonly tasks: number;
  /** ms, of tasks that did not fail; 0 of none. */
  readonly averageDurationMs: number;
  /** 0 … 1 */
  readonly errorRatio: number;
}

/** Tasks at the average of all that each agent is given beforehand, so that few tasks move it little. */
const PRIOR_TASKS = 10;

/**
 * Ranks agents by how seldom they fail and how fast they are at the types of tasks they are given.
 *
 * `score = 100 × (1 − e) × 1 ÷ (1 + r)`: `e` is the share of tasks that failed, `r` the time taken ÷ the time
 * that tasks of these types take on average. Both are shrunk towards all agents' average by ten tasks of it,
 * so an agent with one lucky task does not lead.
 * @see Efron & Morris 1975, "Data Analysis Using Stein's Estimator"
 */
export function ranked(agents: readonly Performance[]): AgentRank[] {
  const all = { tasks: 0, errors: 0, tookMs: 0, usualMs: 0 };
  for (const { tasks, errors, tookMs, usualMs } of agents) {
    all.tasks += tasks;
    all.errors += errors;
    all.tookMs += tookMs;
    all.usualMs += usualMs;
  }
  const errorRatio = all.tasks === 0 ? 0 : all.errors / all.tasks;
  const succeeded = all.tasks - all.errors;
  const priorMs = succeeded === 0 ? 1 : (PRIOR_TASKS * all.tookMs) / succeeded || 1;
  const scored = agents.map((agent) => {
    const e = (agent.errors + PRIOR_TASKS * errorRatio) / (agent.tasks + PRIOR_TASKS);
    const r = (agent.tookMs + priorMs) / (agent.usualMs + priorMs);
    const done = agent.tasks - agent.errors;
    return {
      agent: agent.agent,
      score: (100 * (1 - e)) / (1 + r),
      tasks: agent.tasks,
      averageDurationMs: done === 0 ? 0 : agent.tookMs / done,
      errorRatio: agent.tasks === 0 ? 0 : agent.errors / agent.tasks,
    };
  });
  scored.sort((a, b) => b.score - a.score || (a.agent < b.agent ? -1 : 1));
  return scored.map((each, at) => ({ rank: at + 1, ...each }));
}
