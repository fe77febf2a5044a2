/** What moves the cursor, changes colours or the direction of writing, or cannot be seen at all. */
const UNSAFE =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/** Code points that take two columns: the wide blocks of East Asian Width, and emoji. */
const WIDE: readonly (readonly [from: number, to: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f9ff],
  [0x20000, 0x3fffd],
];
const COMBINING = /\p{Mn}|\p{Me}/u;

/** Foreign text that does nothing to a terminal: each unsafe character is shown as U+FFFD. */
export function inert(text: string): string {
  return text.replace(UNSAFE, "\ufffd");
}

/** Columns that a text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** A text in exactly so many columns: cut with an ellipsis, or filled. */
export function fitted(text: string, columns: number, align: "left" | "right" = "left"): string {
  const width = widthOf(text);
  if (width > columns) return cut(text, columns);
  const fill = " ".repeat(columns - width);
  return align === "left" ? text + fill : fill + text;
}

function cut(text: string, columns: number): string {
  if (columns < 1) return "";
  let kept = "";
  let width = 0;
  for (const character of text) {
    const more = columnsOf(character);
    if (width + more > columns - 1) break;
    kept += character;
    width += more;
  }
  return `${kept}…${" ".repeat(columns - 1 - width)}`;
}

function columnsOf(character: string): number {
  const code = character.codePointAt(0) as number;
  if (code < 0x300) return 1;
  if (COMBINING.test(character)) return 0;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}
