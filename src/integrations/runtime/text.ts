/** Digits only: "max", "-1" and garbage are none. */
export function numberIn(text: string | undefined): number | undefined {
  const digits = text?.trim() ?? "";
  return /^\d{1,20}$/.test(digits) ? Number(digits) : undefined;
}

/** The whole number that follows `label`, which begins a line: `"MemTotal:"`, `"nr_periods "`. */
export function amountAfter(text: string | undefined, label: string): number | undefined {
  if (text === undefined) return undefined;
  const at = text.startsWith(label) ? 0 : text.indexOf(`\n${label}`) + 1;
  if (at === 0 && !text.startsWith(label)) return undefined;
  const begin = at + label.length;
  const digits = /^[ \t]*(\d{1,20})(?![\w.])/.exec(text.slice(begin, begin + 64));
  return digits ? Number(digits[1]) : undefined;
}

/** The columns of one line, however they are aligned. */
export function columnsOf(line: string): string[] {
  return line.split(/[ \t]+/).filter((column) => column !== "");
}
