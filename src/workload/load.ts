/** How evenly work lies on agents. */
export interface Load {
  readonly agents: number;
  readonly tasks: number;
  /** Tasks an agent. */
  readonly mean: number;
  /** Largest deviation from the mean ÷ mean × 100; 0 without tasks. */
  readonly variancePercent: number;
  /** Standard deviation ÷ mean: less moved by a single agent. 0 without tasks. */
  readonly coefficientOfVariation: number;
}

/** @param tasks - under way, one number an agent */
export function loadOf(tasks: readonly number[]): Load {
  const agents = tasks.length;
  const total = tasks.reduce((sum, count) => sum + count, 0);
  const mean = agents === 0 ? 0 : total / agents;
  if (mean === 0) {
    return { agents, tasks: 0, mean: 0, variancePercent: 0, coefficientOfVariation: 0 };
  }
  let largest = 0;
  let squares = 0;
  for (const count of tasks) {
    largest = Math.max(largest, Math.abs(count - mean));
    squares += (count - mean) ** 2;
  }
  return {
    agents,
    tasks: total,
    mean,
    variancePercent: (largest / mean) * 100,
    coefficientOfVariation: Math.sqrt(squares / agents) / mean,
  };
}
