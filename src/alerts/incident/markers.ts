/** Something that was done: a deploy, a changed flag. */
export interface Marker {
  /** `deploy`, `config`, `flag`, `restart`, `scale`, … */
  readonly kind: string;
  readonly text?: string;
  /** Epoch ms. @default now */
  readonly timeMs?: number;
}

/** Kept: steady ms. */
export interface KeptMarker {
  readonly kind: string;
  readonly text: string;
  readonly atMs: number;
}

const LIMIT = 100;
const MAX_TEXT = 200;

/** Between two markers that say the same and mean the same. */
const SAME_MS = 60_000;

/** The last markers. */
export class Markers {
  readonly #list: KeptMarker[] = [];

  add(marker: KeptMarker): void {
    // Every process of a fleet tells of the same deploy.
    if (this.#list.some((known) => isSame(known, marker))) return;
    this.#list.push({
      kind: marker.kind.slice(0, MAX_TEXT),
      text: marker.text.slice(0, MAX_TEXT),
      atMs: marker.atMs,
    });
    if (this.#list.length > LIMIT) this.#list.shift();
  }

  restore(markers: readonly KeptMarker[]): void {
    this.#list.splice(0, this.#list.length, ...markers.slice(-LIMIT));
  }

  list(): readonly KeptMarker[] {
    return this.#list;
  }

  between(fromMs: number, untilMs: number): readonly KeptMarker[] {
    return this.#list.filter(({ atMs }) => fromMs <= atMs && atMs <= untilMs);
  }
}

function isSame(one: KeptMarker, other: KeptMarker): boolean {
  const isNear = Math.abs(one.atMs - other.atMs) <= SAME_MS;
  return isNear && one.kind === other.kind && one.text === other.text;
}
