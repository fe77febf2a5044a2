/** How a piece of text looks. */
export type Look = "bold" | "dim" | "head" | "good" | "warn" | "bad";
export type Paint = (text: string, as: Look) => string;

const CODES: Readonly<Record<Look, number>> = {
  bold: 1,
  dim: 2,
  head: 7,
  good: 32,
  warn: 33,
  bad: 31,
};

export const plain: Paint = (text) => text;

export const coloured: Paint = (text, as) => `\u001b[${CODES[as]}m${text}\u001b[0m`;
