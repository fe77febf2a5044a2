import { Checks, isList, isObject, show } from "../../readers/checks.js";
import {
  DEFAULT_RETENTION,
  type ResolvedRetention,
  type Retention,
  type RetentionTier,
} from "./retention.js";
import { type ClientMaker, clientMaker, type RedisTarget } from "./target.js";

export interface RedisExporterOptions extends RedisTarget {
  /** Tells two of them apart in one monitor. @default "redis" */
  readonly name?: string;
  /** In front of every key: letters, digits, `_`, `-`, `.` and `:`, at most 64. @default "auspex" */
  readonly prefix?: string;
  /** How long what is kept. */
  readonly retention?: Retention;
  /** Length of a raw window, ms; the finest tier is a multiple of it. @default 10_000 */
  readonly windowMs?: number;
  /** Longest that connecting, or one round trip, may take, ms. @default 2000 */
  readonly timeoutMs?: number;
  /**
   * Most bytes of windows that are kept while Redis does not take them; of more, the oldest are folded
   * together. @default 8 MiB
   */
  readonly maxBufferedBytes?: number;
}

export interface ResolvedRedisOptions {
  readonly name: string;
  readonly prefix: string;
  readonly maker: ClientMaker;
  readonly retention: ResolvedRetention;
  readonly windowMs: number;
  readonly timeoutMs: number;
  readonly maxBufferedBytes: number;
}

export const TARGET = ["url", "client", "nodes", "options"] as const;
const KNOWN = [
  ...TARGET,
  "name",
  "prefix",
  "retention",
  "windowMs",
  "timeoutMs",
  "maxBufferedBytes",
] as const;

const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 24 * HOUR_MS;

/** @throws RangeError listing every fault of the options */
export function resolveRedisOptions(given: RedisExporterOptions = {}): ResolvedRedisOptions {
  const checks = new Checks();
  if (!isObject(given)) checks.fault(`options is ${show(given)}; give an object, or nothing`);
  const options: RedisExporterOptions = checks.exactly("", given, KNOWN);
  const { name = "redis" } = options;
  if (typeof name !== "string" || !/^\S{1,100}$/.test(name)) {
    checks.fault(`name is ${show(name)}; give a name without spaces`);
  }
  const windowMs = checks.number("windowMs", options.windowMs, 10_000, 1000, HOUR_MS);
  if (HOUR_MS % windowMs !== 0) {
    checks.fault(`windowMs is ${windowMs}; give a length that divides an hour: 1000, 10_000, …`);
  }
  const resolved = {
    name,
    prefix: prefixOf(options.prefix, checks),
    maker: makerOf(options, checks),
    windowMs,
    retention: retentionOf(options.retention, windowMs, checks),
    timeoutMs: checks.number("timeoutMs", options.timeoutMs, 2000, 50, 60_000),
    maxBufferedBytes: checks.number(
      "maxBufferedBytes",
      options.maxBufferedBytes,
      8 << 20,
      1 << 16,
      1 << 30,
    ),
  };
  throwFaults("redis", checks);
  return Object.freeze(resolved);
}

/** @throws RangeError when there are any */
export function throwFaults(factory: string, { faults }: Checks): void {
  if (faults.length === 0) return;
  const list = faults.map((fault) => `\n  - ${fault}`).join("");
  const count = `${faults.length} option${faults.length === 1 ? "" : "s"}`;
  throw new RangeError(`${factory}: ${count} to mend:${list}`);
}

export function prefixOf(given: unknown, checks: Checks): string {
  if (given === undefined) return "auspex";
  if (typeof given === "string" && /^[\w.-][\w.:-]{0,63}$/.test(given)) return given;
  checks.fault(
    `prefix is ${show(given)}; give letters, digits, _, -, . and :, at most 64 characters`,
  );
  return "auspex";
}

/** Where Redis is, as any of our factories is told. What cannot be is a fault. */
export function makerOf(target: RedisTarget, checks: Checks): ClientMaker {
  const { url, client, nodes, options } = target;
  const ways = [url, client, nodes].filter((way) => way !== undefined);
  if (ways.length > 1) checks.fault("url, client and nodes are ways to say one thing; give one");
  const isUrls = isList(nodes) && nodes.length > 0 && nodes.every(isUrl);
  if (nodes !== undefined && !isUrls) {
    checks.fault(`nodes is ${show(nodes)}; give a list of URLs: ["redis://10.0.0.1:7000"]`);
  }
  if (url !== undefined && !isUrl(url)) {
    checks.fault(`url is no redis:// or rediss:// URL; give "redis://127.0.0.1:6379"`);
  }
  checks.type("options", options, ["object"], "give options of ioredis");
  if (options !== undefined && client !== undefined) {
    checks.fault("options belong to url or nodes; a client has its own");
  }
  if (client !== undefined && !isClient(client)) {
    checks.fault(`client is ${isObject(client) ? "an object" : show(client)}; give one of ioredis`);
  }
  const copied = checks.fields("options.", options, checks.names("options.", options) as never[]);
  // What is wrong has been said; the rest of the options is looked at all the same.
  if (checks.faults.length > 0) return clientMaker({});
  try {
    return clientMaker(options === undefined ? target : { ...target, options: copied });
  } catch {
    checks.fault("client threw when its options were read; give one of ioredis");
    return clientMaker({});
  }
}

function isUrl(given: unknown): boolean {
  return typeof given === "string" && /^rediss?:\/\/\S/.test(given) && URL.canParse(given);
}

function isClient(given: unknown): boolean {
  try {
    const { duplicate, options } = given as { duplicate?: unknown; options?: unknown };
    return typeof duplicate === "function" && isObject(options);
  } catch {
    return false;
  }
}

function retentionOf(
  given: Retention | undefined,
  windowMs: number,
  checks: Checks,
): ResolvedRetention {
  if (given === undefined) return windowMs === 10_000 ? DEFAULT_RETENTION : adapted(windowMs);
  checks.type("retention", given, ["object"], "give { rawMs, tiers, byCategory }");
  const { rawMs, tiers, byCategory } = checks.exactly("retention.", given, [
    "rawMs",
    "tiers",
    "byCategory",
  ]);
  const known = new Map<string, readonly RetentionTier[]>();
  checks.type(
    "retention.byCategory",
    byCategory,
    ["object"],
    "give { http: [{ stepMs, keepMs }] }",
  );
  const path = "retention.byCategory.";
  const lists = checks.fields(path, byCategory, checks.names(path, byCategory));
  for (const [category, own] of Object.entries(lists)) {
    known.set(category, tiersOf(`${path}${category}`, own, windowMs, checks));
  }
  const fallback = windowMs === 10_000 ? DEFAULT_RETENTION : adapted(windowMs);
  const least = Math.max(60_000, 6 * windowMs);
  return Object.freeze({
    rawMs: checks.number("retention.rawMs", rawMs, Math.max(fallback.rawMs, least), least, YEAR_MS),
    tiers:
      tiers === undefined ? fallback.tiers : tiersOf("retention.tiers", tiers, windowMs, checks),
    byCategory: known,
  });
}

/** The default for windows of another length: tiers that are finer than a window do not exist. */
function adapted(windowMs: number): ResolvedRetention {
  const { rawMs, byCategory } = DEFAULT_RETENTION;
  const tiers = DEFAULT_RETENTION.tiers.filter(({ stepMs }) => stepMs % windowMs === 0);
  return { rawMs: Math.max(rawMs, 6 * windowMs), tiers, byCategory };
}

function tiersOf(
  name: string,
  given: unknown,
  windowMs: number,
  checks: Checks,
): readonly RetentionTier[] {
  const list = checks.list(name, given, "give a list: [{ stepMs: 10_000, keepMs: 21_600_000 }]");
  if (list.length === 0) checks.fault(`${name} is empty; give at least one tier, or leave it out`);
  let finerMs = windowMs;
  return list.map((each, at) => {
    const path = `${name}[${at}].`;
    const tier = checks.exactly(path, each as RetentionTier, ["stepMs", "keepMs"]);
    const stepMs = checks.number(
      `${path}stepMs`,
      tier.stepMs ?? Number.NaN,
      finerMs,
      finerMs,
      YEAR_MS,
    );
    if (stepMs % finerMs !== 0 || (at > 0 && stepMs === finerMs)) {
      const finer = at === 0 ? `the window, ${windowMs}` : `the step before, ${finerMs}`;
      checks.fault(`${path}stepMs is ${stepMs}; give a multiple of ${finer}`);
    }
    finerMs = stepMs;
    const keepMs = checks.number(
      `${path}keepMs`,
      tier.keepMs ?? Number.NaN,
      stepMs,
      stepMs,
      10 * YEAR_MS,
    );
    return Object.freeze({ stepMs, keepMs });
  });
}
