const DOWN = /loss|error|wer|cer\b|perplexity/i;
const UP = /accuracy|reward|score|f1\b|bleu|throughput/i;

/** Which way a series is better, as its name says; undefined: it does not. */
export function goalOf(name: string): "down" | "up" | undefined {
  const metric = name.slice(name.lastIndexOf(":") + 1);
  if (DOWN.test(metric)) return "down";
  return UP.test(metric) ? "up" : undefined;
}
