/** A text with `{{name}}` in it, taken apart once. Nothing in it is code. */
export interface Template {
  /** Texts at even places, names at odd ones. */
  readonly parts: readonly string[];
}

/** Longest text a template may become. */
const MAX_LENGTH = 2000;

/** @returns the template, or what is wrong with the text; linear in its length */
export function templateOf(text: string): Template | string {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf("{{", at);
    if (open < 0) break;
    const close = text.indexOf("}}", open + 2);
    if (close < 0) return "has {{ without }}";
    const name = text.slice(open + 2, close).trim();
    if (name === "" || name.includes("{")) return "has {{ }} without a name";
    parts.push(text.slice(at, open), name);
    at = close + 2;
  }
  parts.push(text.slice(at));
  return { parts };
}

/** @param lookUp - undefined becomes an empty text */
export function render({ parts }: Template, lookUp: (name: string) => string | undefined): string {
  let text = "";
  for (const [at, part] of parts.entries()) {
    text += at % 2 === 0 ? part : (lookUp(part) ?? "");
    if (text.length > MAX_LENGTH) return `${text.slice(0, MAX_LENGTH - 1)}…`;
  }
  return text;
}
