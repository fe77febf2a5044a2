import type { Parcel } from "./delivery.js";
import { bySeverity } from "./severity.js";

const MAX_PARCELS = 200;

interface Posted {
  readonly parcel: Parcel;
  /** It is in what is being kept, or has been. */
  isSealed: boolean;
  /** It is in the queue of its notifier. */
  isHanded: boolean;
}

/**
 * Notices that have been decided and not yet delivered. It is saved before anything in it is sent, so that
 * whoever comes after a process that died sends what that one may not have sent.
 */
export class Outbox {
  readonly #posted = new Map<string, Posted>();

  /** @returns what had to go for want of room */
  add(parcel: Parcel): Parcel | undefined {
    const id = idOf(parcel);
    if (this.#posted.has(id)) return undefined;
    this.#posted.set(id, { parcel, isSealed: false, isHanded: false });
    if (this.#posted.size <= MAX_PARCELS) return undefined;
    const [least] = Array.from(this.#posted.values())
      .filter(({ isHanded }) => !isHanded)
      .sort((one, other) => bySeverity(other.parcel.notice, one.parcel.notice));
    if (least === undefined) return undefined;
    this.#posted.delete(idOf(least.parcel));
    return least.parcel;
  }

  remove(parcel: Parcel): void {
    this.#posted.delete(idOf(parcel));
  }

  /** It came back unsent. */
  takeBack(parcel: Parcel): void {
    const posted = this.#posted.get(idOf(parcel));
    if (posted !== undefined) posted.isHanded = false;
  }

  /** What is in it now is about to be kept. */
  seal(): void {
    for (const posted of this.#posted.values()) posted.isSealed = true;
  }

  /** What is to be handed over now, of what has been sealed; once each. */
  *handOver(): Generator<Parcel> {
    for (const posted of this.#posted.values()) {
      if (posted.isHanded || !posted.isSealed) continue;
      posted.isHanded = true;
      yield posted.parcel;
    }
  }

  /** Whether something is to be handed over. */
  get isWaiting(): boolean {
    for (const { isHanded } of this.#posted.values()) if (!isHanded) return true;
    return false;
  }

  list(): readonly Parcel[] {
    return Array.from(this.#posted.values(), ({ parcel }) => parcel);
  }

  /** As another process has left it. What this one is sending goes on. */
  restore(parcels: readonly Parcel[]): void {
    const before = new Map(this.#posted);
    this.#posted.clear();
    for (const parcel of parcels.slice(0, MAX_PARCELS)) {
      const id = idOf(parcel);
      const isHanded = before.get(id)?.isHanded ?? false;
      this.#posted.set(id, { parcel, isSealed: true, isHanded });
    }
  }
}

function idOf({ notifier, notice }: Parcel): string {
  return `${notifier} ${notice.dedupKey}`;
}
