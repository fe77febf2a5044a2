import type { FleetServices, Lease } from "../../state/services.js";
import type { Clock } from "../../time/clock.js";
import type { SentAct } from "../acts.js";
import type { FiringAlert } from "../firing-alert.js";
import type { GuardedStore } from "./guarded-store.js";
import { Ledger, type LedgerEntry } from "./ledger.js";
import { type MemberRecord, Members } from "./members.js";
import type { Shared, Sharing } from "./sharing.js";

export interface InFleetOptions {
  readonly services: FleetServices;
  readonly store: GuardedStore;
  readonly clock: Clock;
  /** Names lease and keys: of one set of rules of one service. */
  readonly prefix: string;
  /** Of this process. */
  readonly id: string;
  readonly leaseMs: number;
}

/** Of the lease: what is left for clocks that differ, and for a send that is under way. */
const MARGIN = 0.2;
/** In leases: so long after its last word a process is taken for dead. */
const SILENT = 3;
/** In leases: while alerts fire, a process says so this often. */
const BEAT = 0.5;
/** In leases: it is renewed at least this often. */
const RENEW = 0.35;
/** In leases: without a step for so long it is given up. */
const IDLE = 4;
/** While nothing happens, the state is kept this often. */
const IDLE_SAVE_MS = 60_000;
const MAX_ACTS = 100;
const MAX_PAUSE_MS = 250;

/**
 * One process of a fleet. Whoever holds the lease notifies, for what fires in any of them; it keeps what it
 * has decided before it sends it, so that its successor sends what it may not have sent.
 */
export class InFleet implements Sharing {
  readonly #lease: Lease;
  readonly #ledger: Ledger;
  readonly #members: Members;
  #token = 0;
  /** Monotonic ms: until then the lease is surely held. */
  #heldUntilMs = 0;
  /** The state of the predecessor has been taken over; so has word of all processes. */
  #hasState = false;
  #hasHeard = false;
  #applied: Record<string, number> = Object.create(null);
  #remote = new Map<string, MemberRecord>();
  readonly #heard = new Map<string, { beat: number; atMs: number }>();
  #acts: SentAct[] = [];
  #beat = 0;
  #told = { keys: "", atMs: 0, hasAny: false };
  #saved = { version: -1, atMs: 0 };
  /** Of the ledger, as it was followed last. */
  #head = "";
  #busy: Promise<void> | undefined;
  #steppedMs = 0;
  #cancel: () => void = () => {};

  constructor(
    private readonly shared: Shared,
    private readonly options: InFleetOptions,
  ) {
    const { services, store, prefix, leaseMs, clock } = options;
    this.#lease = services.lease(prefix, leaseMs);
    this.#ledger = new Ledger(store, prefix, clock);
    const pause = (): Promise<void> =>
      new Promise((resolve) => {
        clock.schedule(Math.random() * MAX_PAUSE_MS, resolve);
      });
    this.#members = new Members(services, store, prefix, pause);
  }

  get leads(): boolean {
    return this.#hasState && this.#hasHeard && this.options.clock.now() < this.#heldUntilMs;
  }

  *remote(): Iterable<readonly FiringAlert[]> {
    for (const { alerts } of this.#remote.values()) yield alerts;
  }

  /** Does not wait: rules are evaluated whether or not the others can be asked. */
  async start(): Promise<void> {
    this.#renewInTime();
    void this.exchange();
  }

  exchange(): Promise<void> {
    this.#steppedMs = this.options.clock.now();
    return this.#once();
  }

  sent(act: SentAct): void {
    this.#acts = [...this.#acts, act].slice(-MAX_ACTS);
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.#busy;
    await this.#tell();
    if (!this.leads) return;
    await this.#keep();
    this.#heldUntilMs = 0;
    await this.#lease.release();
  }

  /**
   * Steps that come late, because the monitor is over its budget, must not cost the lease; but who makes
   * none at all has no use for it.
   */
  #renewInTime(): void {
    const { clock, leaseMs } = this.options;
    this.#cancel = clock.schedule(leaseMs * RENEW, () => {
      const quietMs = clock.now() - this.#steppedMs;
      if (quietMs >= leaseMs * RENEW && quietMs <= leaseMs * IDLE) void this.#once();
      this.#renewInTime();
    });
  }

  #once(): Promise<void> {
    this.#busy ??= this.#exchange().finally(() => {
      this.#busy = undefined;
    });
    return this.#busy;
  }

  async #exchange(): Promise<void> {
    await this.#hold();
    await this.#tell();
    if (this.#token === 0) {
      await this.#follow();
      return;
    }
    if (!this.#hasState) await this.#takeOver();
    await this.#hear();
    if (!this.leads) return;
    const { clock } = this.options;
    const isChanged = this.shared.version() !== this.#saved.version;
    const isOld = clock.now() - this.#saved.atMs >= IDLE_SAVE_MS;
    if (isChanged || isOld || this.shared.isWaiting()) await this.#keep();
    // Even when it could not be kept: better twice than never. Each send asks whether it still leads.
    if (this.leads) this.shared.release();
  }

  async #hold(): Promise<void> {
    const { clock, leaseMs } = this.options;
    const askedMs = clock.now();
    const token = await this.#lease.hold();
    if (token !== this.#token) {
      this.#hasState = false;
      this.#hasHeard = false;
    }
    this.#token = token;
    this.#heldUntilMs = token === 0 ? 0 : askedMs + leaseMs * (1 - MARGIN);
  }

  /** Tells what fires here, when that has changed, and now and then that it still does. */
  async #tell(): Promise<void> {
    const { clock, leaseMs, id } = this.options;
    const alerts = this.shared.alerts();
    const keys = JSON.stringify([
      alerts.map(({ key, severity, sinceMs }) => [key, severity, sinceMs]),
      this.#acts.map(({ sequence }) => sequence),
    ]);
    const hasAny = alerts.length > 0 || this.#acts.length > 0;
    const isDue = clock.now() - this.#told.atMs >= leaseMs * BEAT;
    if (!hasAny && !this.#told.hasAny) return;
    if (keys === this.#told.keys && !(hasAny && isDue)) return;
    this.#beat++;
    const isTold = await this.#members.tell(id, { beat: this.#beat, alerts, acts: this.#acts });
    if (isTold) this.#told = { keys, atMs: clock.now(), hasAny };
  }

  /** A new holder goes on where the last one stopped. */
  async #takeOver(): Promise<void> {
    const entry = await this.#ledger.load();
    // Without it everything would be told anew: this process waits, and with it the whole fleet.
    if (entry === "failed" || this.shared.isStepping()) return;
    this.#restore(entry);
    this.#ledger.takeOver(this.#token);
    this.#heard.clear();
    this.#hasState = true;
    this.#saved = { version: -1, atMs: 0 };
  }

  /** What others say. */
  async #hear(): Promise<void> {
    if (!this.#hasState) return;
    const { clock, id, leaseMs } = this.options;
    const records = await this.#members.records();
    if (records === undefined) return;
    const nowMs = clock.now();
    const gone: string[] = [];
    const dead: string[] = [];
    const remote = new Map<string, MemberRecord>();
    for (const [member, record] of records) {
      this.#heed(member, record);
      if (member === id) continue;
      const known = this.#heard.get(member);
      if (known?.beat !== record.beat) this.#heard.set(member, { beat: record.beat, atMs: nowMs });
      const isSilent = known?.beat === record.beat && nowMs - known.atMs > leaseMs * SILENT;
      const isEmpty = record.alerts.length === 0 && record.acts.length === 0;
      if (isEmpty) gone.push(member);
      else if (isSilent) dead.push(member);
      else remote.set(member, record);
    }
    for (const member of this.#heard.keys()) if (!records.has(member)) this.#heard.delete(member);
    for (const member of Object.keys(this.#applied)) {
      if (!records.has(member)) delete this.#applied[member];
    }
    this.#remote = remote;
    this.#hasHeard = true;
    await this.#members.forget(gone, dead);
  }

  /** Heeds what was done in a process, each once. */
  #heed(member: string, { acts }: MemberRecord): void {
    const isOwn = member === this.options.id;
    for (const { sequence, act } of acts) {
      if (sequence <= (this.#applied[member] ?? 0)) continue;
      this.#applied[member] = sequence;
      // What was done here was heeded when it was done.
      if (!isOwn) this.shared.apply(act);
    }
    if (isOwn) this.#acts = this.#acts.filter((each) => !this.#isApplied(each));
  }

  /** Another process notifies: this one knows what that one does, and is ready to go on. */
  async #follow(): Promise<void> {
    this.#remote.clear();
    const head = await this.#ledger.head();
    if (head === undefined || head === this.#head) return;
    const entry = await this.#ledger.load();
    if (entry === "failed" || this.shared.isStepping()) return;
    this.#head = head;
    this.#restore(entry);
  }

  #restore(entry: LedgerEntry | undefined): void {
    if (entry === undefined) return;
    this.#applied = Object.assign(Object.create(null), entry.applied);
    this.shared.restore(entry.state);
    this.#acts = this.#acts.filter((each) => !this.#isApplied(each));
    for (const { act } of this.#acts) this.shared.apply(act);
  }

  #isApplied({ sequence }: SentAct): boolean {
    return sequence <= (this.#applied[this.options.id] ?? 0);
  }

  async #keep(): Promise<void> {
    const version = this.shared.version();
    const entry = { token: this.#token, applied: this.#applied, state: this.shared.state() };
    this.#saved = { ...this.#saved, atMs: this.options.clock.now() };
    if (await this.#ledger.save(entry)) this.#saved = { ...this.#saved, version };
  }
}
