/**
 * Whether a text fits a pattern in which `*` stands for any text, none included.
 *
 * Takes time proportional to the lengths of both, whatever they are.
 */
export function fits(pattern: string, text: string): boolean {
  const [first, ...rest] = pattern.split("*");
  if (rest.length === 0) return text === pattern;
  const last = rest.pop() as string;
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
