import type { ExportResult } from "../../readers/exporter.js";
import { OtlpError, plainText } from "./otlp-error.js";
import { ProtobufFields } from "./protobuf-fields.js";
import { retryAfterMs } from "./retry-after.js";
import type { Reply } from "./transport.js";

/** @see OTLP specification, OTLP/HTTP response: these, and no other, are worth another try */
const RETRYABLE = new Set([429, 502, 503, 504]);

/** What a receiver said about a batch it took, wholly or in part. */
interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

export interface ReplyContext {
  readonly host: string;
  /** Points that were sent: no more can have been rejected. */
  readonly points: number;
  /** Texts that must not come back in a message. */
  readonly secrets: readonly string[];
  readonly nowMs: number;
}

/** A receiver's answer as the pipeline's. */
export function resultOf(reply: Reply, context: ReplyContext): ExportResult {
  const { status } = reply;
  const { host, secrets } = context;
  if (status >= 200 && status < 300) return successOf(reply, context);
  const said = plainText(statusMessage(reply), secrets);
  const why = status >= 300 && status < 400 ? " (redirects are not followed)" : "";
  const message = `HTTP ${status}${why}${said === "" ? "" : `: ${said}`}`;
  const isPassing = RETRYABLE.has(status);
  const error = new OtlpError(message, { host, status, isPassing });
  if (!isPassing) return { status: "failure", error };
  const wait = retryAfterMs(reply.retryAfter, context.nowMs);
  if (wait === undefined) return { status: "retryable", error };
  return { status: "retryable", retryAfterMs: wait, error };
}

function successOf(reply: Reply, { points, secrets }: ReplyContext): ExportResult {
  const partial = partialSuccess(reply);
  if (partial === undefined) return { status: "success" };
  const rejected = Math.min(points, Math.max(0, Math.trunc(partial.rejected) || 0));
  const message = plainText(partial.message, secrets);
  const result = {
    status: "success",
    ...(rejected > 0 ? { rejected } : {}),
    ...(message === "" ? {} : { message }),
  } as const;
  return result;
}

/** ExportMetricsServiceResponse.partial_success; undefined where there is none or it cannot be read. */
function partialSuccess(reply: Reply): PartialSuccess | undefined {
  if (isJson(reply)) {
    const partial = member(parsed(reply.body), "partialSuccess");
    if (typeof partial !== "object" || partial === null) return undefined;
    return {
      rejected: Number(member(partial, "rejectedDataPoints")),
      message: text(member(partial, "errorMessage")),
    };
  }
  const partial = new ProtobufFields(reply.body).message(1);
  return partial && { rejected: partial.integer(1), message: partial.text(2) };
}

/** `message` of a google.rpc.Status: what OTLP answers along with an error. */
function statusMessage(reply: Reply): string {
  if (isJson(reply)) return text(member(parsed(reply.body), "message"));
  return isProtobuf(reply) ? new ProtobufFields(reply.body).text(2) : "";
}

function isJson({ contentType }: Reply): boolean {
  return /^application\/json\b/i.test(contentType);
}

function isProtobuf({ contentType }: Reply): boolean {
  return /^application\/x-protobuf\b/i.test(contentType);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
