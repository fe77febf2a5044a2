export interface OtlpErrorDetails {
  /** Name and port of the receiver. */
  readonly host: string;
  /** Node's name of a network error, or `timeout`, `aborted`, `shutdown`, `headers`, `reply-too-large`, `encoding`. */
  readonly code?: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** The same request may fare better in a moment. */
  readonly isPassing?: boolean;
}

/** Why an export failed: what, where and how, without headers, bodies or the URL's path and user. */
export class OtlpError extends Error {
  override readonly name = "OtlpError";
  readonly host: string;
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly isPassing: boolean;

  constructor(message: string, { host, code, status, isPassing = false }: OtlpErrorDetails) {
    super(`OTLP to ${host}: ${message}`);
    this.host = host;
    this.code = code;
    this.status = status;
    this.isPassing = isPassing;
  }
}

/**
 * Node's error with its name and code alone; the object itself knows sockets and headers. Errors of the
 * network may be gone in a moment, those of TLS and of HTTP's grammar will not.
 */
export function networkError({ code, name }: NodeJS.ErrnoException, host: string): OtlpError {
  const known = typeof code === "string" ? code : name;
  const isPassing = /^E[A-Z_0-9]+$/.test(known) && !/^(ERR_|EPROTO)/.test(known);
  return new OtlpError(known, { host, code: known, isPassing });
}

/** Texts that no message may show: credentials, whole and word by word (`Bearer` stands before a token). */
export function secretsOf(headers: Readonly<Record<string, string>>, url: URL): string[] {
  const { username, password } = url;
  const whole = [...Object.values(headers), username, password, decodeURIComponent(password)];
  const words = whole.flatMap((value) => [value, ...value.split(/\s+/)]);
  // A longer one may have a shorter one in it.
  return words.filter(({ length }) => length >= 4).sort((a, b) => b.length - a.length);
}

/** Foreign text for an error message: one short line, with nothing secret in it. */
export function plainText(text: string, secrets: readonly string[]): string {
  let plain = text.slice(0, 2000);
  for (const secret of secrets) plain = plain.replaceAll(secret, "…");
  return plain
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .slice(0, 200)
    .trim();
}
