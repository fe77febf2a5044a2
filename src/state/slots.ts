import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Identity, identityOfSelf, isLiving } from "./living.js";

/** Most processes of one service on one host that keep state. */
const MOST_SLOTS = 256;
/** A claim whose holder cannot be seen is believed for so long after its holder last saved. */
const BELIEVED_MS = 15 * 60_000;
/** Longest that writing a claim may take: until then an empty one is being written. */
const WRITING_MS = 60_000;
const CLAIM = /^claim\.(\d{1,15})$/;
const FREE = "free";
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

interface Claim {
  readonly number: number;
  /** Undefined: released, or nobody's. */
  readonly holder: Identity | "unreadable" | undefined;
  readonly touchedMs: number;
}

/**
 * Places, one a process, in which processes of one service on one host keep state side by side: `0`, `1`, …
 * A process takes the first whose holder has gone, and so goes on where that one stopped.
 *
 * The holder of a slot is named in its `claim.<n>` with the largest number. A claim is taken over by
 * creating the next number exclusively, so that of several processes one succeeds; numbers never go back,
 * and a released claim stays, as `free`.
 */
export class Slots {
  readonly #directory: string;
  readonly #wall: () => number;
  #self: Promise<Identity> | undefined;
  #held: { readonly slot: number; readonly number: number } | undefined;
  /** Slots that others took over while this process lived: they see no life here, nor may it see theirs. */
  readonly #lost = new Set<number>();

  constructor(directory: string, wall: () => number) {
    this.#directory = directory;
    this.#wall = wall;
  }

  /**
   * The folder of this process. Where it has none, the first that has been used before and is free is
   * claimed; otherwise nothing is written.
   * @returns undefined when there is none
   */
  async find(): Promise<string | undefined> {
    if (await this.#isHolding()) return this.#folder();
    for (const slot of await this.#used()) if (await this.#claim(slot)) return this.#folder();
    return undefined;
  }

  /** As `find`, and claims a new slot where no used one is free. Tells others that its holder lives. */
  async take(): Promise<string> {
    const found = await this.find();
    if (found === undefined) await this.#claimNew();
    else await this.#touch();
    return this.#folder();
  }

  /** Lets others have the slot. */
  async release(): Promise<void> {
    if (!(await this.#isHolding())) return;
    await writeFile(this.#claimFile(), FREE, { mode: PRIVATE_FILE });
    this.#held = undefined;
  }

  async #claimNew(): Promise<void> {
    await makeFolder(this.#directory);
    for (let slot = 0; slot < MOST_SLOTS; slot++) {
      await makeFolder(join(this.#directory, String(slot)));
      if (await this.#claim(slot)) return;
    }
    throw new Error(`${MOST_SLOTS} processes of this service keep state on this host`);
  }

  /** @returns whether the slot is this process's now; one that may not be written is somebody else's */
  async #claim(slot: number): Promise<boolean> {
    try {
      return await this.#tryToClaim(slot);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EACCES" || code === "EPERM") return false;
      throw error;
    }
  }

  async #tryToClaim(slot: number): Promise<boolean> {
    const folder = join(this.#directory, String(slot));
    const claim = await latestClaim(folder);
    if (claim !== undefined && (await this.#isTaken(claim, slot))) return false;
    const number = (claim?.number ?? 0) + 1;
    const self = await this.#identity();
    try {
      const file = join(folder, `claim.${number}`);
      await writeFile(file, JSON.stringify(self), { flag: "wx", mode: PRIVATE_FILE });
    } catch (error) {
      ifExists(error);
      return false;
    }
    // Someone who read the folder long before may have created a number that had been passed.
    if ((await latestClaim(folder))?.number !== number) return false;
    this.#held = { slot, number };
    await tidy(folder, number);
    return true;
  }

  async #isTaken({ holder, touchedMs }: Claim, slot: number): Promise<boolean> {
    if (holder === undefined) return false;
    const age = this.#wall() - touchedMs;
    if (holder === "unreadable") return age < WRITING_MS;
    if (this.#lost.has(slot)) return age < BELIEVED_MS;
    const isAlive = await isLiving(holder, await this.#identity());
    return isAlive ?? age < BELIEVED_MS;
  }

  /** False once another process has taken the slot over, having found no sign of this one's life. */
  async #isHolding(): Promise<boolean> {
    if (this.#held === undefined) return false;
    const folder = join(this.#directory, String(this.#held.slot));
    const latest = await latestClaim(folder);
    if (latest?.number === this.#held.number) return true;
    this.#lost.add(this.#held.slot);
    this.#held = undefined;
    return false;
  }

  async #touch(): Promise<void> {
    const now = this.#wall() / 1000;
    await utimes(this.#claimFile(), now, now);
  }

  async #used(): Promise<number[]> {
    const names = await readdir(this.#directory).catch(ifMissing);
    const slots = (names ?? []).filter((name) => /^\d{1,3}$/.test(name)).map(Number);
    return slots.filter((slot) => slot < MOST_SLOTS).sort((a, b) => a - b);
  }

  #folder(): string {
    return join(this.#directory, String(this.#held?.slot));
  }

  #claimFile(): string {
    return join(this.#folder(), `claim.${this.#held?.number}`);
  }

  #identity(): Promise<Identity> {
    this.#self ??= identityOfSelf();
    return this.#self;
  }
}

/** Not `recursive`: where nothing can be made, in `/proc` say, Node 20 tries for ever. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: PRIVATE_DIRECTORY });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path || (await stat(parent).catch(ifMissing))) throw error;
    await makeFolder(parent);
    await mkdir(path, { mode: PRIVATE_DIRECTORY }).catch(ifExists);
  }
}

async function latestClaim(folder: string): Promise<Claim | undefined> {
  const names = (await readdir(folder).catch(ifMissing)) ?? [];
  const numbers = names.map((name) => Number(CLAIM.exec(name)?.[1] ?? 0));
  const number = Math.max(0, ...numbers);
  if (number === 0) return undefined;
  const file = join(folder, `claim.${number}`);
  const text = await readFile(file, "utf8").catch(ifMissing);
  const about = await stat(file).catch(ifMissing);
  // It was passed while it was read.
  if (text === undefined || about === undefined) return { number, holder: undefined, touchedMs: 0 };
  return { number, holder: holderIn(text), touchedMs: about.mtimeMs };
}

function holderIn(text: string): Claim["holder"] {
  if (text === FREE) return undefined;
  try {
    const { pid, started, scope, host, nonce } = JSON.parse(text);
    const texts = [started, scope, host, nonce];
    if (!Number.isInteger(pid) || !texts.every((each) => typeof each === "string")) {
      return "unreadable";
    }
    return { pid, started, scope, host, nonce };
  } catch {
    return "unreadable";
  }
}

/** Removes claims that have been passed, and what was half written when the last holder died. */
async function tidy(folder: string, number: number): Promise<void> {
  const names = await readdir(folder);
  const stale = names.filter((name) => {
    const passed = CLAIM.exec(name)?.[1];
    return passed === undefined ? name.endsWith(".tmp") : Number(passed) < number;
  });
  await Promise.all(stale.map((name) => rm(join(folder, name), { force: true })));
}

function ifMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}

function ifExists(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
}
