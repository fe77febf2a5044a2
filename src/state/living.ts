import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { threadId } from "node:worker_threads";

/** A process, told apart from every other one: a pid is used again, after a restart of the machine above all. */
export interface Identity {
  readonly pid: number;
  /** Clock ticks from the start of the machine to that of the process; "" where the system does not tell. */
  readonly started: string;
  /** Within which a pid means one process: this start of the machine, this pid namespace; "" where unknown. */
  readonly scope: string;
  readonly host: string;
  /** Tells monitors and threads of one process apart. */
  readonly nonce: string;
}

/** `undefined`: it cannot be told from here. */
export type Living = boolean | undefined;

let stores = 0;

/** Of this process, for one store. */
export async function identityOfSelf(): Promise<Identity> {
  return {
    pid: process.pid,
    started: await startedAt("self"),
    scope: await scopeOfSelf(),
    host: hostname(),
    nonce: `${threadId}.${++stores}`,
  };
}

/** Whether the process that another identity names still runs. */
export async function isLiving(other: Identity, self: Identity): Promise<Living> {
  if (other.host !== self.host) return undefined;
  // The machine, or the container, has been started anew since.
  if (other.scope !== self.scope) return false;
  // Another monitor or thread of this process, of whose life nothing is known here.
  if (other.pid === self.pid && other.started === self.started) return undefined;
  if (!hasPid(other.pid)) return false;
  const started = await startedAt(String(other.pid));
  return started === "" || other.started === "" ? undefined : started === other.started;
}

function hasPid(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and not ours.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** @see proc_pid_stat(5), field 22; a name in parentheses, with anything in it, stands before */
async function startedAt(pid: string): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

async function scopeOfSelf(): Promise<string> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    return `${boot.trim()} ${await readlink("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}
