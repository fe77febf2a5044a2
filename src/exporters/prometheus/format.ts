/** The text format 0.0.4, and OpenMetrics 1.0, which has exemplars. */
export type Format = "text" | "openmetrics";

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** No client of ours sends more; the rest of a longer header is not read. */
const LONGEST_ACCEPT = 2048;

interface Range {
  readonly type: string;
  readonly version: string | undefined;
  readonly q: number;
}

/**
 * The format a client asks for: OpenMetrics when it names it, and wants it no less than plain text.
 * @param accept - the header; without one, text
 * @see RFC 9110, 12.5.1; OpenMetrics, "Protocol negotiation"
 */
export function negotiate(accept: string | undefined): Format {
  const ranges = (accept ?? "").slice(0, LONGEST_ACCEPT).split(",").map(parse);
  const best = (fits: (range: Range) => boolean): number => {
    return ranges.reduce((most, range) => (fits(range) ? Math.max(most, range.q) : most), 0);
  };
  const openmetrics = best(({ type, version }) => {
    return (
      type === "application/openmetrics-text" && (version === undefined || version === "1.0.0")
    );
  });
  // `*/*` is behind both: it says nothing about which of the two.
  const text = best(({ type, version }) => {
    return type === "text/plain" && (version === undefined || version === "0.0.4");
  });
  return openmetrics > 0 && openmetrics >= text ? "openmetrics" : "text";
}

function parse(range: string): Range {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
  let version: string | undefined;
  let q = 1;
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=", 2).map((part) => part.trim());
    const plain = value.replace(/^"|"$/g, "");
    if (name === "version") version = plain;
    if (name === "q") q = /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(plain) ? Number(plain) : 0;
  }
  return { type, version, q };
}
