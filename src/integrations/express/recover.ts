import type { Layer, Match } from "./shapes.js";

/** Stands for what cannot be told from the value in it. */
const UNKNOWN_SEGMENT = ":param";

/**
 * The path a layer was registered with before anybody watched.
 * @returns undefined when the layer does not tell; see `pathFromMatch`
 */
export function registeredPath(layer: Layer): unknown {
  if (layer.rawPath !== undefined) return layer.rawPath;
  if (layer.slash === true || layer.regexp?.fast_slash === true) return "/";
  if (layer.regexp === undefined) return undefined;
  return pathFromExpression(layer.regexp, layer.keys ?? []);
}

/** Express 4 keeps the expression it made of a path (path-to-regexp 0.1) and the parameters' names. */
function pathFromExpression(expression: RegExp, keys: NonNullable<Layer["keys"]>): unknown {
  const made = splitAlternatives(expression.source).map((source) =>
    /^\^(.*?)(?:\\?\/\?)?\(\?=\\?\/\|\$\)$/s.exec(source),
  );
  // Anything else was an expression already.
  if (made.some((match) => match === null)) return expression;
  let key = 0;
  const paths = made.map((match) => {
    const scan = new ExpressionScan(match?.[1] as string, () => keys[key++]?.name);
    return scan.path() || "/";
  });
  return paths.length === 1 ? paths[0] : paths;
}

function splitAlternatives(source: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < source.length; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === "(") depth++;
    else if (source[i] === ")") depth--;
    else if (source[i] === "|" && depth === 0) {
      parts.push(source.slice(from, i));
      from = i + 1;
    }
  }
  return [...parts, source.slice(from)];
}

/** Reads such an expression back: text, `(?:…)` around an optional part, one group per parameter. */
class ExpressionScan {
  private at = 0;

  constructor(
    private readonly source: string,
    private readonly nextKey: () => string | number | undefined,
  ) {}

  path(): string {
    let text = "";
    while (this.at < this.source.length && this.source[this.at] !== ")") {
      const char = this.source[this.at];
      if (char === "\\") {
        text += this.source[this.at + 1];
        this.at += 2;
      } else if (this.source.startsWith("(?:", this.at)) {
        this.at += 3;
        text += this.path();
        this.at++;
      } else if (char === "(") {
        this.skipGroup();
        const key = this.nextKey();
        text += typeof key === "string" ? `:${key}` : "*";
      } else {
        text += char;
        this.at++;
      }
    }
    return text;
  }

  private skipGroup(): void {
    let depth = 0;
    do {
      const char = this.source[this.at];
      if (char === "\\") this.at++;
      else if (char === "(") {
        depth++;
        // A group inside a parameter's own pattern takes a key of its own.
        if (depth > 1 && this.source[this.at + 1] !== "?") this.nextKey();
      } else if (char === ")") depth--;
      this.at++;
    } while (depth > 0 && this.at < this.source.length);
  }
}

/**
 * The path of a layer that keeps neither path nor expression (Express 5.0 to 5.2), from one match: a
 * segment stays as it is only if the layer refuses every other text in its place.
 *
 * Never a value of a request: what is in doubt is `:param`.
 */
export function pathFromMatch(layer: Layer, matched: string): string {
  const matchers = layer.matchers ?? [];
  const match = (path: string): Match | undefined => {
    for (const matcher of matchers) {
      try {
        const result = matcher(path);
        if (result !== false) return result;
      } catch {
        // A value that cannot be decoded; not a match.
      }
    }
    return undefined;
  };
  const unnamed = new Map(Object.entries(match(matched)?.params ?? {}));
  const segments = matched.split("/");
  const named = segments.map((segment, at) => {
    if (segment === "") return "";
    for (const other of othersLike(segment)) {
      const found = match(segments.with(at, other).join("/"));
      if (found === undefined) continue;
      const name = Object.entries(found.params).find(([, value]) => value === other)?.[0];
      if (name === undefined) return UNKNOWN_SEGMENT;
      unnamed.delete(name);
      return `:${name}`;
    }
    return undefined;
  });
  const values = [...unnamed.values()].flat().map(String);
  return segments
    .map((segment, at) => {
      const isPartOfValue = values.some(
        (value) => segment.includes(value) || segment.includes(encodeURIComponent(value)),
      );
      return named[at] ?? (isPartOfValue ? UNKNOWN_SEGMENT : segment);
    })
    .join("/");
}

/** Texts that a parameter, or an expression of digits, hexadecimals or words, would take as well. */
function othersLike(segment: string): string[] {
  const shift = (digits: string, letters: string): string =>
    segment.replace(/[0-9]/g, digits).replace(/[a-z]/gi, letters);
  return [
    "zq0zq",
    "7",
    shift("7", "$&"),
    shift("3", "b"),
    shift("$&", "c"),
    shift("1", "z"),
  ].filter((other) => other !== segment);
}
