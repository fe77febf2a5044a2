import { lookup } from "node:dns/promises";
import { isIP, isIPv4 } from "node:net";
import type { Clock } from "../../time/clock.js";

/** Answers the address of a host name, or all of its addresses. */
export type Lookup = (
  hostname: string,
) => Promise<{ readonly address: string } | readonly { readonly address: string }[]>;

/** A host that was not found may be there any moment: its container is just being started. */
const MISSING_TTL_MS = 5000;

const systemLookup: Lookup = (hostname) => lookup(hostname, { all: true });

/**
 * The addresses of a host, and the one of them to use. Once one is known nobody waits for a lookup: when
 * the TTL is over, the address serves on while the host is looked up anew, and for as long as that fails.
 * One lookup at a time, however long it hangs.
 */
export class AddressCache {
  readonly #host: string;
  readonly #ttlMs: number;
  readonly #clock: Pick<Clock, "now">;
  readonly #lookup: Lookup;
  #known: readonly string[] = [];
  #at = 0;
  #answer: Promise<string> = Promise.resolve("");
  #isAsking = false;
  #askAgainAt = Number.NEGATIVE_INFINITY;

  constructor(
    host: string,
    ttlMs: number,
    clock: Pick<Clock, "now">,
    lookupOf: Lookup = systemLookup,
  ) {
    this.#host = host;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#lookup = lookupOf;
    if (isIP(host) === 0) return;
    this.#known = [host];
    this.#askAgainAt = Number.POSITIVE_INFINITY;
  }

  resolve(): Promise<string> {
    if (!this.#isAsking && this.#clock.now() >= this.#askAgainAt) {
      this.#answer = this.#ask();
      // It may fail when whoever asked has gone.
      this.#answer.catch(() => {});
    }
    return this.#known.length > 0 ? Promise.resolve(this.#known[this.#at]) : this.#answer;
  }

  /** Nobody listens at this address: the next one's turn. */
  leave(address: string): void {
    if (this.#known[this.#at] === address) this.#at = (this.#at + 1) % this.#known.length;
  }

  async #ask(): Promise<string> {
    this.#isAsking = true;
    try {
      const addresses = addressesIn(await this.#lookup(this.#host));
      if (addresses.length === 0) {
        throw new TypeError(`lookup of ${this.#host} gave no IP address`);
      }
      // The one in use stays in use: it may not be the first that answered.
      this.#at = Math.max(0, addresses.indexOf(this.#known[this.#at]));
      this.#known = addresses;
      return addresses[this.#at];
    } finally {
      this.#isAsking = false;
      const ttlMs = this.#known.length > 0 ? this.#ttlMs : Math.min(this.#ttlMs, MISSING_TTL_MS);
      this.#askAgainAt = this.#clock.now() + ttlMs;
    }
  }
}

/** IPv4 first, each once: a server that listens on one family only mostly listens on that. */
function addressesIn(answer: Awaited<ReturnType<Lookup>>): string[] {
  const all = [answer].flat().map((entry) => entry?.address);
  const addresses = [...new Set(all.filter((address) => isIP(address) !== 0))];
  return addresses.sort((a, b) => Number(isIPv4(b)) - Number(isIPv4(a)));
}
