import type { IncomingMessage } from "node:http";

/** Bytes of one request's body and of its response's, as far as they are known. */
export class BodySizes {
  /** What was handed to `write` and `end`. */
  private written = 0;

  constructor(private readonly request: IncomingMessage) {}

  add(chunk: unknown, encoding: unknown): void {
    if (typeof chunk === "string") {
      const known = typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8";
      this.written += Buffer.byteLength(chunk, known);
    } else if (chunk instanceof Uint8Array) this.written += chunk.byteLength;
  }

  /** What the request says of its length: undefined without a body, and for a chunked one. */
  get requestBytes(): number | undefined {
    const length = this.request.headers["content-length"];
    return length === undefined ? undefined : Number(length);
  }

  /** Node sends no body with these, whatever it is handed. */
  responseBytes(status: number): number {
    const isBodiless = status === 204 || status === 304 || this.request.method === "HEAD";
    return isBodiless ? 0 : this.written;
  }
}
