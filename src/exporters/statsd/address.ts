import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "../../time/clock.js";

/** Answers an IP address of a host name. */
export type Lookup = (hostname: string) => Promise<{ readonly address: string }>;

/**
 * The address of a host, looked up once per TTL whatever comes of it. When a later lookup fails, the
 * last address that was found still stands.
 */
export class AddressCache {
  #asked = Number.NEGATIVE_INFINITY;
  #answer: Promise<string> | undefined;
  #last: string | undefined;

  constructor(
    private readonly host: string,
    private readonly ttlMs: number,
    private readonly clock: Pick<Clock, "now">,
    private readonly lookup: Lookup = systemLookup,
  ) {}

  resolve(): Promise<string> {
    if (isIP(this.host) !== 0) return Promise.resolve(this.host);
    const now = this.clock.now();
    if (this.#answer === undefined || now - this.#asked >= this.ttlMs) {
      this.#asked = now;
      this.#answer = this.#ask();
      // It may fail when whoever asked has gone.
      this.#answer.catch(() => {});
    }
    return this.#answer;
  }

  async #ask(): Promise<string> {
    try {
      const { address } = await this.lookup(this.host);
      if (isIP(address) === 0) throw new TypeError(`lookup of ${this.host} gave no IP address`);
      this.#last = address;
      return address;
    } catch (error) {
      if (this.#last !== undefined) return this.#last;
      throw error;
    }
  }
}
