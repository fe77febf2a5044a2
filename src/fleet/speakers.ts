import type { Scope } from "../snapshot/scope.js";
import type { FleetProcess } from "./model.js";

/**
 * Who speaks for a process, and who for a host, where several would say the same: main threads for
 * their process, and of a host who lives before who has ended, who started first before who came later.
 */
export class Speakers {
  readonly #ofProcess = new Map<string, FleetProcess>();
  readonly #ofHost = new Map<string, FleetProcess>();

  constructor(members: Iterable<FleetProcess>) {
    for (const member of members) {
      keepFirst(this.#ofProcess, `${member.pid} ${member.host}`, member);
      keepFirst(this.#ofHost, member.host, member);
    }
  }

  /** Whether what this member says about a metric is to be heard. */
  speaks(member: FleetProcess, scope: Scope): boolean {
    if (scope === "thread") return true;
    if (scope === "host") return this.#ofHost.get(member.host)?.id === member.id;
    // Two main threads of one number are two processes: the later one got the number of the earlier.
    return isMain(member) || this.#ofProcess.get(`${member.pid} ${member.host}`)?.id === member.id;
  }
}

function isMain({ threadId = 0 }: FleetProcess): boolean {
  return threadId === 0;
}

function keepFirst(known: Map<string, FleetProcess>, key: string, member: FleetProcess): void {
  const other = known.get(key);
  if (other === undefined || compare(member, other) < 0) known.set(key, member);
}

function compare(a: FleetProcess, b: FleetProcess): number {
  return (
    Number(b.live) - Number(a.live) ||
    Number(isMain(b)) - Number(isMain(a)) ||
    a.startTimeMs - b.startTimeMs ||
    (a.id < b.id ? -1 : 1)
  );
}
