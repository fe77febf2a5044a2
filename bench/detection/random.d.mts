export interface Random {
  uniform(): number;
  normal(): number;
  poisson(mean: number): number;
  between(low: number, high: number): number;
  exponential(): number;
  pareto(shape: number): number;
  pick<T>(list: readonly T[]): T;
}
export function generator(seed: string): Random;
