const EMPTY = new Uint8Array(0);

/**
 * The fields of one protobuf message: the last of each number, as the format says. Foreign bytes: what
 * cannot be read ends the message, and nothing is thrown.
 * @see Protocol Buffers, encoding
 */
export class ProtobufFields {
  readonly #integers = new Map<number, number>();
  readonly #bytes = new Map<number, Uint8Array>();
  #at = 0;

  constructor(private readonly message_: Uint8Array) {
    const { length } = message_;
    while (this.#at < length) {
      const tag = this.#varint();
      const wire = tag % 8;
      const field = Math.floor(tag / 8);
      if (wire === 0) this.#integers.set(field, this.#varint());
      else if (wire === 1) this.#at += 8;
      else if (wire === 5) this.#at += 4;
      else if (wire === 2) {
        const size = this.#varint();
        if (!(size <= length - this.#at)) return;
        this.#bytes.set(field, message_.subarray(this.#at, this.#at + size));
        this.#at += size;
      } else return;
    }
  }

  /** A whole number, rounded beyond 2^53; 0 where there is none. */
  integer(field: number): number {
    return this.#integers.get(field) ?? 0;
  }

  text(field: number): string {
    return Buffer.from(this.#bytes.get(field) ?? EMPTY).toString();
  }

  message(field: number): ProtobufFields | undefined {
    const bytes = this.#bytes.get(field);
    return bytes && new ProtobufFields(bytes);
  }

  #varint(): number {
    let value = 0;
    let weight = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.message_[this.#at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 127) * weight;
      if (byte < 128) break;
      weight *= 128;
    }
    // Two's complement of 64 bits.
    return value >= 2 ** 63 ? value - 2 ** 64 : value;
  }
}
