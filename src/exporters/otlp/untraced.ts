/** What is needed of a context of `@opentelemetry/api` 1.x. */
interface Context {
  setValue(key: symbol, value: unknown): Context;
}

interface ContextApi {
  active(): Context;
  with<T>(context: Context, fn: () => T): T;
}

/** Where `@opentelemetry/api` 1.x keeps what is registered, for all its copies in the process. */
const API = Symbol.for("opentelemetry.js.api.1");
/** `suppressTracing` of `@opentelemetry/core`. */
const SUPPRESS_TRACING = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** Calls `fn` so that OpenTelemetry, where the host has it, makes no spans of what it does. */
export function untraced<T>(fn: () => T): T {
  const registered = (globalThis as Record<symbol, { context?: ContextApi } | undefined>)[API];
  const context = registered?.context;
  if (context === undefined) return fn();
  let suppressed: Context;
  try {
    suppressed = context.active().setValue(SUPPRESS_TRACING, true);
  } catch {
    return fn();
  }
  return context.with(suppressed, fn);
}
