import { type Diag, describeError } from "../../diag/diag.js";
import type { Clock } from "../../time/clock.js";
import { limitOf } from "../../time/limit.js";
import type { Slices } from "../../time/slices.js";
import type { NameClaims } from "./claims.js";
import { foreignHead, foreignLine, namesOf } from "./foreign.js";
import type { Format } from "./format.js";
import type { Page } from "./page.js";
import { ForeignParser } from "./parse.js";

/** A page of somebody else's metrics, to be shown with ours. */
export interface MetricsPage {
  /** Named where something is wrong with it. */
  readonly name: string;
  /** The page in the text format 0.0.4 or in OpenMetrics; it may throw, reject or be late. */
  read(): string | Promise<string>;
}

/** Longest a page is waited for; a scrape as a whole has ten seconds by default. */
const LONGEST_WAIT_MS = 2000;
/** Longest page, in UTF-16 units. */
const LONGEST_PAGE = 64 * 1024 * 1024;

/**
 * One included page: read under a deadline, one read at a time, and written in either format.
 *
 * A page that fails is left out of that scrape; the monitor's own metrics are shown all the same.
 */
export class Inclusion {
  #reading: Promise<string | undefined> | undefined;

  constructor(
    private readonly page: MetricsPage,
    private readonly diag: () => Diag | undefined,
  ) {}

  /** The text, or nothing when there is none in time. Never rejects. */
  async read(clock: Clock): Promise<string | undefined> {
    // While one read is under way no other is asked for: whoever hangs, hangs once.
    this.#reading ??= this.#call().finally(() => {
      this.#reading = undefined;
    });
    const limit = limitOf(clock, LONGEST_WAIT_MS);
    const text = await Promise.race([this.#reading, limit.expired.then(() => false as const)]);
    limit.cancel();
    if (text !== false) return text;
    this.#warn("late", `did not answer within ${LONGEST_WAIT_MS} ms and is left out`);
    return undefined;
  }

  /** Writes what `read` answered. Families whose names are taken are left out, and named once. */
  async write(
    text: string,
    to: {
      page: Page;
      format: Format;
      claims: NameClaims;
      slices: Slices;
      /** Names of other included pages. */
      taken: Map<string, string>;
    },
  ): Promise<void> {
    const parser = new ForeignParser(/^# EOF\s*$/m.test(text.slice(-16)) ? "openmetrics" : "text");
    for (const line of lines(text)) {
      parser.line(line);
      const pause = to.slices.pause();
      if (pause !== undefined) await pause;
    }
    if (parser.bad > 0) this.#warn("lines", `has ${parser.bad} lines that are none, left out`);
    for (const family of parser.families()) {
      const names = namesOf(family);
      const clash = [...names].find((name) => to.claims.owner(name) ?? to.taken.get(name));
      if (clash !== undefined) {
        const owner = to.claims.owner(clash) ?? to.taken.get(clash);
        this.#warn(`clash:${clash}`, `has "${clash}", which "${owner}" has too; it is left out`);
        continue;
      }
      for (const name of names) to.taken.set(name, this.page.name);
      to.page.write(foreignHead(family, to.format));
      for (const sample of family.samples) {
        to.page.write(foreignLine(sample, to.format));
        const pause = to.slices.pause();
        if (pause !== undefined) await pause;
      }
    }
  }

  async #call(): Promise<string | undefined> {
    try {
      const text: unknown = await this.page.read();
      if (typeof text === "string" && text.length <= LONGEST_PAGE) return text;
      this.#warn("page", typeof text === "string" ? "is too long" : "is no text");
    } catch (error) {
      this.#warn("page", `cannot be read: ${describeError(error)}`);
    }
    return undefined;
  }

  #warn(kind: string, message: string): void {
    const { name } = this.page;
    this.diag()?.warn(`include:${name}:${kind}`, `the metrics page of "${name}" ${message}`);
  }
}

function* lines(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const found = text.indexOf("\n", from);
    const to = found < 0 ? text.length : found;
    yield text.slice(from, to);
    from = to + 1;
  }
}
