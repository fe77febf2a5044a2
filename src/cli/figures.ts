/** Times of a thousand, for figures that are read at a glance. */
const LETTERS = ["", "k", "M", "G", "T"] as const;

/** Three significant digits: `0.05`, `12.3`, `4.56k`. */
export function count(value: number): string {
  let scaled = Math.abs(value);
  let at = 0;
  while (scaled >= 999.5 && at < LETTERS.length - 1) {
    scaled /= 1000;
    at++;
  }
  return `${value < 0 ? "-" : ""}${digits(scaled)}${LETTERS[at]}`;
}

/** A duration in ms as people say it: `850µs`, `12.3ms`, `1.5s`, `2.5m`. */
export function duration(ms: number): string {
  if (ms === 0) return "–";
  if (ms < 1) return `${digits(ms * 1000)}µs`;
  if (ms < 999.5) return `${digits(ms)}ms`;
  if (ms < 99_500) return `${digits(ms / 1000)}s`;
  return `${digits(ms / 60_000)}m`;
}

/** A share 0…1 as per cent. */
export function percent(ratio: number): string {
  return `${digits(ratio * 100)}%`;
}

/** A level 0…1 as a bar of so many columns. */
export function bar(level: number, columns: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, level)) * columns);
  return "█".repeat(filled) + "░".repeat(columns - filled);
}

function digits(value: number): string {
  if (value === 0) return "0";
  if (value < 0.005) return "<0.01";
  const text =
    value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
