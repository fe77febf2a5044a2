/** One value of a series, or the mean of neighbours that have become one. */
export interface SeriesPoint {
  readonly step: number;
  readonly value: number;
  /** Epoch ms. */
  readonly timeMs: number;
}

interface Weighted extends SeriesPoint {
  /** Values it is the mean of. */
  readonly count: number;
}

/** Points as they are kept over restarts. */
export interface SavedPoints {
  /** Doubles in base64, little-endian, four a point: step, value, epoch ms, values it is the mean of. */
  readonly exact: string;
  readonly buckets: string;
  /** Values that make a bucket full. */
  readonly size: number;
}

/** So many are kept as they came; older ones in so many buckets. */
const EXACT = 128;
const BUCKETS = 256;
const FIRST_ROOM = 16;

/** Points in columns of doubles, oldest first: 32 bytes each, as much room as they need. */
class Column {
  length = 0;
  #data = new Float64Array(4 * FIRST_ROOM);

  at(index: number): Weighted {
    const [step, value, timeMs, count] = this.#data.subarray(4 * index, 4 * index + 4);
    return { step, value, timeMs, count } as Weighted;
  }

  timeAt(index: number): number {
    return this.#data[4 * index + 2] as number;
  }

  countAt(index: number): number {
    return this.#data[4 * index + 3] as number;
  }

  push(step: number, value: number, timeMs: number, count: number): void {
    const from = 4 * this.length++;
    if (from >= this.#data.length) {
      const larger = new Float64Array(2 * this.#data.length);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[from] = step;
    this.#data[from + 1] = value;
    this.#data[from + 2] = timeMs;
    this.#data[from + 3] = count;
  }

  /** Makes the mean of one and another: each as far as it has values. */
  join(index: number, step: number, value: number, timeMs: number, count: number): void {
    const data = this.#data;
    const from = 4 * index;
    const total = (data[from + 3] as number) + count;
    const share = count / total;
    data[from] = (data[from] as number) * (1 - share) + step * share;
    data[from + 1] = (data[from + 1] as number) * (1 - share) + value * share;
    data[from + 2] = (data[from + 2] as number) * (1 - share) + timeMs * share;
    data[from + 3] = total;
  }

  dropFirst(count: number): void {
    this.#data.copyWithin(0, 4 * count, 4 * this.length);
    this.length -= count;
  }

  /** Neighbours become one. */
  halve(): void {
    const { length } = this;
    this.length = 0;
    for (let at = 0; at < length; at++) {
      const { step, value, timeMs, count } = this.at(at);
      if (at % 2 === 0) this.push(step, value, timeMs, count);
      else this.join(this.length - 1, step, value, timeMs, count);
    }
  }

  countBefore(timeMs: number): number {
    let count = 0;
    while (count < this.length && this.timeAt(count) < timeMs) count++;
    return count;
  }

  /** Keeps those of an earlier step. */
  dropFrom(step: number): void {
    while (this.length > 0 && (this.#data[4 * this.length - 4] as number) >= step) this.length--;
  }

  all(): Weighted[] {
    return Array.from({ length: this.length }, (_, at) => this.at(at));
  }

  /** Its doubles in base64: half of their JSON, and no digit is lost. */
  text(): string {
    const { buffer, byteOffset } = this.#data;
    return Buffer.from(buffer, byteOffset, 32 * this.length).toString("base64");
  }
}

/**
 * A series of any length in at most 512 points, 16 KB: the last 128 and more as they came, those before in
 * buckets, of which two neighbours become one each time there is no room.
 */
export class Points {
  /** Up to twice as many as are promised: they age in one go. */
  readonly #exact = new Column();
  readonly #buckets = new Column();
  /** Values that make a bucket full. */
  #size = 1;

  get last(): SeriesPoint | undefined {
    const { length } = this.#exact;
    return length === 0 ? undefined : plain(this.#exact.at(length - 1));
  }

  add({ step, value, timeMs }: SeriesPoint): void {
    this.#exact.push(step, value, timeMs, 1);
    if (this.#exact.length < 2 * EXACT) return;
    for (let at = 0; at < EXACT; at++) this.#age(this.#exact.at(at));
    this.#exact.dropFirst(EXACT);
  }

  /** Lets go of what is older. Costs nothing while the oldest is not. */
  dropBefore(timeMs: number): void {
    for (const column of [this.#buckets, this.#exact]) {
      const old = column.countBefore(timeMs);
      if (old > 0) column.dropFirst(old);
    }
  }

  /** Lets go of that step and what came after it. */
  dropFrom(step: number): void {
    this.#exact.dropFrom(step);
    this.#buckets.dropFrom(step);
    if (this.#buckets.length === 0) this.#size = 1;
  }

  /** Oldest first. */
  all(): SeriesPoint[] {
    return [...this.#buckets.all(), ...this.#exact.all()].map(plain);
  }

  /** The last ones, oldest first. */
  tail(count: number): SeriesPoint[] {
    return count <= 0 ? [] : this.all().slice(-count);
  }

  /** At even detail over the whole run, as trends take it: the last ones are averaged like the older. */
  even(most: number): SeriesPoint[] {
    const weighted = [...this.#buckets.all(), ...this.#exact.all()];
    const total = weighted.reduce((sum, { count }) => sum + count, 0);
    const size = Math.max(this.#size, Math.ceil(total / most));
    const made = new Column();
    for (const { step, value, timeMs, count } of weighted) {
      const open = made.length - 1;
      if (open >= 0 && made.countAt(open) + count <= size) {
        made.join(open, step, value, timeMs, count);
      } else made.push(step, value, timeMs, count);
    }
    return made.all();
  }

  save(): SavedPoints {
    return { exact: this.#exact.text(), buckets: this.#buckets.text(), size: this.#size };
  }

  /** @returns undefined for what `save` cannot have made */
  static restored({ exact, buckets, size }: Partial<Record<keyof SavedPoints, unknown>>) {
    const last = pointsIn(exact, 2 * EXACT - 1);
    const older = pointsIn(buckets, BUCKETS);
    const isSize = Number.isSafeInteger(size) && (size as number) >= 1;
    if (last === undefined || older === undefined || !isSize) return undefined;
    const points = new Points();
    points.#size = size as number;
    for (const { step, value, timeMs, count } of older) {
      points.#buckets.push(step, value, timeMs, count);
    }
    for (const { step, value, timeMs } of last) points.#exact.push(step, value, timeMs, 1);
    return points;
  }

  #age({ step, value, timeMs }: SeriesPoint): void {
    const buckets = this.#buckets;
    const open = buckets.length - 1;
    if (open >= 0 && buckets.countAt(open) < this.#size) {
      buckets.join(open, step, value, timeMs, 1);
      return;
    }
    if (buckets.length >= BUCKETS) {
      buckets.halve();
      this.#size *= 2;
    }
    buckets.push(step, value, timeMs, 1);
  }
}

/** Points as `Points.save` writes them; at most `most`, each of finite numbers, by rising steps. */
function pointsIn(text: unknown, most: number): Weighted[] | undefined {
  if (typeof text !== "string" || text.length > Math.ceil((32 * most) / 3) * 4) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length % 32 !== 0) return undefined;
  const points: Weighted[] = [];
  for (let at = 0; at < bytes.length; at += 32) {
    const [step, value, timeMs, count] = [0, 8, 16, 24].map((of) => bytes.readDoubleLE(at + of));
    const point = { step, value, timeMs, count } as Weighted;
    if (!Object.values(point).every(Number.isFinite) || point.count < 1) return undefined;
    if (point.step < (points.at(-1)?.step ?? point.step)) return undefined;
    points.push(point);
  }
  return points;
}

function plain({ step, value, timeMs }: SeriesPoint): SeriesPoint {
  return { step, value, timeMs };
}
