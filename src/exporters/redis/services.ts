import type { ExporterOwner } from "../../readers/exporter.js";
import type { FleetServices, Lease, StateStore } from "../../state/services.js";
import { SystemClock } from "../../time/clock.js";
import { limitOf } from "../../time/limit.js";
import { channelOf } from "./channels.js";
import { RedisFault } from "./fault.js";
import { serviceOf } from "./identity.js";
import type { Keys } from "./keys.js";
import { RedisLease } from "./lease.js";
import { replace } from "./own-hash.js";
import type { Publisher } from "./publisher.js";
import type { RedisConnection } from "./redis-connection.js";

/** What detectors have learned of a season outlives a holiday. */
const STATE_TTL_MS = 90 * 86_400_000;
const MAX_VALUE_BYTES = 8 << 20;
/** Longest that is waited for the first batch, which tells whose state it is. */
const OWNER_TIMEOUT_MS = 10_000;

/** What Redis offers the processes of a fleet beside their metrics. */
export class RedisServices implements FleetServices {
  readonly store: StateStore;
  /** Settles when somebody has said whose they are. */
  readonly #owner: Promise<ExporterOwner>;
  #belong: (owner: ExporterOwner) => void = () => {};

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: Keys,
    private readonly publisher: Publisher,
  ) {
    this.#owner = new Promise((resolve) => {
      this.#belong = resolve;
    });
    this.store = {
      name: "redis",
      load: (key) => this.#load(key),
      save: (key, value) => this.#save(key, value),
    };
  }

  /** Says whose they are; the first time counts. */
  belongTo(owner: ExporterOwner): void {
    this.#belong(owner);
  }

  lease(name: string, ttlMs: number): Lease {
    let lease: RedisLease | undefined;
    return {
      hold: async () => {
        try {
          lease ??= await this.#lease(name, ttlMs);
          return await lease.hold();
        } catch {
          return 0;
        }
      },
      release: async () => lease?.release(),
    };
  }

  publish(channel: string, message: string): void {
    this.publisher.publish(channelOf(this.keys.prefix, channel), message);
  }

  async writeHash(
    name: string,
    fields: Readonly<Record<string, string>>,
    ttlMs: number,
  ): Promise<void> {
    const key = channelOf(this.keys.prefix, name);
    const reply = await this.connection.command(
      ...replace(key, ttlMs, Object.entries(fields).flat()),
    );
    if (reply !== 1) throw new RedisFault("foreign_value", `${key} is somebody else's`);
  }

  async #lease(name: string, ttlMs: number): Promise<RedisLease> {
    const owner = await this.#known();
    return new RedisLease({
      connection: this.connection,
      key: this.keys.lease(serviceOf(owner), name),
      owner: owner.incarnation.id,
      ttlMs,
    });
  }

  async #load(key: string): Promise<string | undefined> {
    const name = this.keys.state(serviceOf(await this.#known()), key);
    const value = await this.connection.command("GET", name);
    return typeof value === "string" ? value : undefined;
  }

  async #save(key: string, value: string): Promise<void> {
    if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
      throw new RangeError(`the state of ${key} takes more than ${MAX_VALUE_BYTES} bytes`);
    }
    const name = this.keys.state(serviceOf(await this.#known()), key);
    await this.connection.command("SET", name, value, "PX", STATE_TTL_MS);
  }

  async #known(): Promise<ExporterOwner> {
    const limit = limitOf(new SystemClock(), OWNER_TIMEOUT_MS);
    try {
      const owner = await Promise.race([this.#owner, limit.expired]);
      if (owner !== "expired") return owner;
      throw new RedisFault("timeout", "nobody has said yet which service this is");
    } finally {
      limit.cancel();
    }
  }
}
