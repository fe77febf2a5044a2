import { fits } from "../../attributes/pattern.js";

/** What a model costs, in the currency of the options, for a million tokens. */
export interface Price {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
  /** Input that the provider had in its cache. @default inputPerMillion */
  readonly cachedInputPerMillion?: number;
  /** Input that the provider put into its cache. @default inputPerMillion */
  readonly cacheWritePerMillion?: number;
}

/** Most of each kind of work that the agent should have under way; nothing is held back. */
export interface ConcurrencyLimits {
  readonly runs?: number;
  readonly models?: number;
  readonly tools?: number;
  readonly tasks?: number;
}

export interface AgentOptions {
  /** `gen_ai.provider.name` of its models. @default what the name of the model says, else `_OTHER` */
  readonly provider?: string;
  /** Prices by model; `*` in a name stands for any text. @default no cost is counted */
  readonly prices?: Readonly<Record<string, Price>>;
  /** Of the prices. @default "USD" */
  readonly currency?: string;
  /** Context length in tokens, of all models or by model; `*` stands for any text. @default none */
  readonly contextLimit?: number | Readonly<Record<string, number>>;
  /** Limits that saturation is told by; a number is one for runs. @default none */
  readonly concurrency?: number | ConcurrencyLimits;
  /** Most tasks that may wait for it, by which saturation is told. @default none */
  readonly queueCapacity?: number;
}

/** `AgentOptions`, checked. */
export interface ResolvedAgentOptions {
  readonly provider: string | undefined;
  readonly currency: string;
  readonly concurrency: ConcurrencyLimits;
  readonly queueCapacity: number | undefined;
  /** Exact names before patterns, patterns in their order. */
  priceOf(model: string): Price | undefined;
  contextLimitOf(model: string): number | undefined;
  /** Whether the host counts cost at all. */
  readonly hasPrices: boolean;
}

const NAMES = [
  "provider",
  "prices",
  "currency",
  "contextLimit",
  "concurrency",
  "queueCapacity",
] as const;
const KINDS = ["runs", "models", "tools", "tasks"];
const REQUIRED = ["inputPerMillion", "outputPerMillion"];
const PRICES = [...REQUIRED, "cachedInputPerMillion", "cacheWritePerMillion"];

type Given = Readonly<Record<string, unknown>>;

/**
 * A checked copy of the options, so that each is read once.
 * @throws TypeError listing every fault of the options and how to mend it
 */
export function resolveAgentOptions(given: unknown): ResolvedAgentOptions {
  const faults: string[] = [];
  const options = fields("", given, NAMES, faults);
  const provider = text("provider", options.provider, faults);
  const currency = text("currency", options.currency, faults) ?? "USD";
  const prices = table("prices", options.prices, faults, (path, price) => {
    const checked = fields(`${path}.`, price, PRICES, faults);
    if (!isRecord(price)) return undefined;
    for (const name of PRICES) {
      const isMissing = checked[name] === undefined;
      if (isMissing && !REQUIRED.includes(name)) continue;
      amount(`${path}.${name}`, checked[name], faults, 0);
    }
    return checked as unknown as Price;
  });
  const isOne = !isRecord(options.contextLimit);
  const everywhere = isOne ? amount("contextLimit", options.contextLimit, faults) : undefined;
  const limits = table(
    "contextLimit",
    isOne ? undefined : options.contextLimit,
    faults,
    (path, limit) => amount(path, limit, faults),
  );
  const concurrency = isRecord(options.concurrency)
    ? fields("concurrency.", options.concurrency, KINDS, faults)
    : { runs: options.concurrency };
  for (const [kind, limit] of Object.entries(concurrency)) {
    amount(`concurrency.${kind}`, limit, faults);
  }
  const queueCapacity = amount("queueCapacity", options.queueCapacity, faults);
  if (faults.length > 0) throw new TypeError(`agent: ${faults.join("; ")}`);
  return Object.freeze({
    provider,
    currency,
    concurrency: concurrency as ConcurrencyLimits,
    queueCapacity,
    priceOf: (model: string) => entryOf(prices, model),
    contextLimitOf: (model: string) => entryOf(limits, model) ?? everywhere,
    hasPrices: prices.size > 0,
  });
}

function entryOf<T>(entries: ReadonlyMap<string, T>, model: string): T | undefined {
  const exact = entries.get(model);
  if (exact !== undefined) return exact;
  for (const [pattern, entry] of entries) if (fits(pattern, model)) return entry;
  return undefined;
}

function isRecord(value: unknown): value is Given {
  return typeof value === "object" && value !== null;
}

/** The known fields of an object, each read once; further ones, and one that throws, are faults. */
function fields(
  path: string,
  given: unknown,
  known: readonly string[],
  faults: string[],
): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  const whole = path === "" ? "the options" : path.slice(0, -1);
  if (!isRecord(given)) {
    faults.push(`${whole} is ${show(given)}; give an object with ${known.join(", ")}`);
    return {};
  }
  const read: Record<string, unknown> = {};
  try {
    for (const name of Object.keys(given)) {
      if (known.includes(name)) continue;
      faults.push(`${path}${name.slice(0, 40)} is no option; there are ${known.join(", ")}`);
    }
    for (const name of known) if (given[name] !== undefined) read[name] = given[name];
  } catch {
    faults.push(`${whole} threw when read; give a plain object`);
  }
  return read;
}

/** A copy of a table of the host's, its entries checked. */
function table<T>(
  path: string,
  given: unknown,
  faults: string[],
  check: (path: string, entry: unknown) => T | undefined,
): ReadonlyMap<string, T> {
  const entries = new Map<string, T>();
  if (given === undefined) return entries;
  if (!isRecord(given)) {
    faults.push(`${path} is ${show(given)}; give an object with an entry for each model`);
    return entries;
  }
  try {
    for (const [model, entry] of Object.entries(given)) {
      const checked = check(`${path}["${model.slice(0, 40)}"]`, entry);
      if (checked !== undefined) entries.set(model, checked);
    }
  } catch {
    faults.push(`${path} threw when read; give a plain object`);
  }
  return entries;
}

function text(path: string, value: unknown, faults: string[]): string | undefined {
  if (value === undefined || (typeof value === "string" && value !== "")) return value;
  faults.push(`${path} is ${show(value)}; give a text, or nothing`);
  return undefined;
}

/** @param least - 1 for limits, 0 for prices */
function amount(path: string, value: unknown, faults: string[], least = 1): number | undefined {
  if (value === undefined && least > 0) return undefined;
  if (typeof value === "number" && value >= least && value < Number.POSITIVE_INFINITY) return value;
  faults.push(`${path} is ${show(value)}; give a number from ${least} up`);
  return undefined;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  return isRecord(value) ? "an object" : String(value).slice(0, 40);
}
