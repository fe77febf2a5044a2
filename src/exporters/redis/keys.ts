import { createHash } from "node:crypto";

/** Part of every key: what another version wrote is another world. */
export const SCHEMA_VERSION = 1;

/** The field that every hash of ours has, and its value; no series id is `_`. */
export const MARKER = "_";
export const MARKER_VALUE = "auspex/1";

/** Longest segment of a key, in characters; a longer one is cut and ends in a digest of the whole. */
const MAX_SEGMENT = 128;
const KEPT = 96;

/**
 * A name as one segment of a key: percent-encoded but for letters, digits, `_`, `-` and `.`.
 *
 * Different names give different segments (a cut one ends in `~` and a digest, and no other segment has
 * a `~`), and none can leave its place: no `:`, `/`, `{`, `}`, `*`, white space or control is left.
 */
export function segment(name: string): string {
  if (name.length <= MAX_SEGMENT && /^[\w.-]+$/.test(name)) return name;
  if (name === "") return "~";
  const encoded = percentEncoded(name.length <= MAX_SEGMENT ? name : name.slice(0, MAX_SEGMENT));
  if (name.length <= MAX_SEGMENT && encoded.length <= MAX_SEGMENT) return encoded;
  return `${encoded.slice(0, KEPT)}~${digest(name)}`;
}

/** UTF-8 in percent-encoding; a lone surrogate becomes the three bytes it would have, so that it stays itself. */
function percentEncoded(text: string): string {
  return text.replace(/[^\w.-]/gu, (char) => {
    const code = char.codePointAt(0) as number;
    const isLone = code >= 0xd800 && code <= 0xdfff;
    const bytes = isLone
      ? [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)]
      : [...Buffer.from(char)];
    return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
  });
}

/** 66 bits of SHA-256 as 11 characters; UTF-16 goes in, so that lone surrogates stay different. */
export function digest(text: string): string {
  return createHash("sha256").update(text, "utf16le").digest("base64url").slice(0, 11);
}

/**
 * The keys under one prefix.
 *
 * Keys with the same tag lie in the same slot of a Cluster: all of one process, and all that belongs to
 * a service as a whole.
 */
export class Keys {
  readonly #root: string;

  /** @param prefix - as given in the options: letters, digits, `_`, `-`, `.` and `:` */
  constructor(readonly prefix: string) {
    this.#root = `${prefix}:${SCHEMA_VERSION}:`;
  }

  /** Hash: name of a service, as it is → epoch ms at which one of its processes last wrote, in decimal. */
  services(): string {
    return `${this.#root}{services}`;
  }

  /** Hash: id of a process → its `ProcessRecord`. Fields of the long dead are removed by the roll-ups. */
  processes(service: string): string {
    return this.service(service, "processes");
  }

  /**
   * Hash: series id → payload of what this process added in `[startMs, startMs + windowMs)`.
   *
   * Absolute: written again, it says the same or more of that window. It lives until `rawMs` after its
   * end. A window may be written late (after an outage): `ProcessRecord.lateMs` tells. None is written
   * later than `rawMs ÷ 2` after its start: what is older then is folded into the oldest that is not, so
   * whoever reads it finds those of the other processes still there.
   * @param startMs - epoch ms, a multiple of `windowMs` of the process
   */
  raw(service: string, process: string, startMs: number): string {
    return this.#process(service, process, `raw:${startMs}`);
  }

  /** Hash: series id → `SeriesDescriptor` of each series of this process. */
  series(service: string, process: string): string {
    return this.#process(service, process, "series");
  }

  /**
   * Hash: `totalField` → `encodeTotal` of all since the process (or the series) began, up to the start of
   * a window; of a gauge its value then. Written about every `TOTAL_EVERY_MS`, changed series only, when a
   * window begins, and at shutdown.
   *
   * Exact at any instant, also after a SIGKILL: a series' total is the sum over its fields, plus its raw
   * windows that start at or after the latest `untilMs` among those fields. Windows that hold more than
   * the totals start no earlier than the newest `untilMs` of the whole hash less `2 × TOTAL_EVERY_MS`. Of
   * a series without a field all raw windows count. Read the totals first, then the windows.
   */
  total(service: string, process: string): string {
    return this.#process(service, process, "total");
  }

  /** Hash: series id → JSON list of its newest `Exemplar`s, oldest first; in the unit of the metric. */
  exemplars(service: string, process: string): string {
    return this.#process(service, process, "exemplars");
  }

  /**
   * Hash: `rollupField` → payload of all processes of a service, of the steps that begin within
   * `chunkMs(stepMs)` from `startMs` on.
   */
  rollup(service: string, category: string, stepMs: number, startMs: number): string {
    return this.service(service, "metrics", category, String(stepMs), String(startMs));
  }

  /** Hash: series id → `SeriesDescriptor` of each series in a roll-up of this service. */
  rollupSeries(service: string): string {
    return this.service(service, "series");
  }

  /** String: what `StateStore` keeps. */
  state(service: string, key: string): string {
    return this.service(service, "state", key);
  }

  /** Hash: whatever `RedisLease` needs to hold `name`. */
  lease(service: string, name: string): string {
    return this.service(service, "lease", name);
  }

  /** Any other key of a service as a whole: `rollups`, `gone` and current values. */
  service(service: string, ...names: readonly string[]): string {
    return `${this.#root}{${segment(service)}}:${names.map(segment).join(":")}`;
  }

  #process(service: string, process: string, name: string): string {
    return `${this.#root}{${segment(service)}/${segment(process)}}:${name}`;
  }
}
