import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, SystemClock } from "../time/clock.js";
import { fileName, stateDirectory } from "./place.js";
import type { StateStore } from "./services.js";
import { Slots } from "./slots.js";

const DEFAULT_MAX_BYTES = 16 << 20;
const PRIVATE_FILE = 0o600;

export interface FileStoreOptions {
  /** Whose state: processes of one service follow one another. */
  readonly service: string;
  /** Takes the place of `$XDG_STATE_HOME/auspex`, which is `~/.local/state/auspex` by default. */
  readonly directory?: string;
  /** Most bytes of one value, 1 … 2³⁰. @default 16 MiB */
  readonly maxBytes?: number;
  /** Source of time; for tests. */
  readonly clock?: Pick<Clock, "wall">;
}

/** State in files of this host. */
export interface FileStore extends StateStore {
  /** Lets the next process of the service go on from this one's state. Never rejects. */
  close(): Promise<void>;
}

/**
 * Keeps state in files, one folder a process: a restarted process goes on from what the one before it left,
 * and several at once do not overwrite one another. Files are replaced as a whole, are private to the user,
 * and are not flushed to the disk: after a power cut the last state may be missing.
 *
 * A process that finds nothing and saves nothing writes nothing. Without a home, or on a read-only disk,
 * `load` and `save` reject.
 * @throws TypeError for a service or directory that is no text, RangeError for `maxBytes` out of range
 */
export function fileStore(options: FileStoreOptions): FileStore {
  const { service, directory, maxBytes = DEFAULT_MAX_BYTES, clock = new SystemClock() } = options;
  if (typeof service !== "string" || service === "") {
    throw new TypeError(`service is ${JSON.stringify(service)}; give the name of the service`);
  }
  if (directory !== undefined && (typeof directory !== "string" || directory === "")) {
    throw new TypeError(`directory is ${JSON.stringify(directory)}; give a path`);
  }
  if (!(Number.isInteger(maxBytes) && maxBytes >= 1 && maxBytes <= 2 ** 30)) {
    throw new RangeError(`maxBytes is ${String(maxBytes)}; give a whole number from 1 to 2^30`);
  }
  return new Files(() => stateDirectory(service, directory), maxBytes, clock);
}

class Files implements FileStore {
  readonly name = "file";
  #slots: Slots | undefined;
  /** One after the other: what is saved last is what stays. */
  #last: Promise<unknown> = Promise.resolve();
  #written = 0;

  constructor(
    private readonly directory: () => string,
    private readonly maxBytes: number,
    private readonly clock: Pick<Clock, "wall">,
  ) {}

  load(key: string): Promise<string | undefined> {
    return this.#next(async () => {
      const name = valueName(key);
      const folder = await this.#open().find();
      if (folder === undefined) return undefined;
      const file = join(folder, name);
      try {
        // What is larger is not from here.
        if ((await stat(file)).size > this.maxBytes) return undefined;
        return await readFile(file, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    });
  }

  save(key: string, value: string): Promise<void> {
    return this.#next(async () => {
      const name = valueName(key);
      const bytes = Buffer.from(value);
      if (bytes.length > this.maxBytes) {
        throw new RangeError(`a value of ${bytes.length} bytes; ${this.maxBytes} at most`);
      }
      const file = join(await this.#open().take(), name);
      const half = `${file}.${++this.#written}.tmp`;
      try {
        await writeFile(half, bytes, { flag: "wx", mode: PRIVATE_FILE });
        await rename(half, file);
      } catch (error) {
        await rm(half, { force: true }).catch(() => {});
        throw error;
      }
    });
  }

  close(): Promise<void> {
    return this.#next(async () => this.#slots?.release()).catch(() => {});
  }

  #open(): Slots {
    this.#slots ??= new Slots(this.directory(), () => this.clock.wall());
    return this.#slots;
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

function valueName(key: string): string {
  return `${fileName(key)}.state`;
}
