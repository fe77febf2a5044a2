import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach } from "vitest";
import { decodeJsonRequest, decodeRequest } from "./schema.js";

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Unzipped. */
  readonly body: Buffer;
  /** Decoded by the official schema. */
  readonly request: any;
}

type Answer = (response: ServerResponse, received: Received) => void;

const open = new Set<Server>();

afterEach(async () => {
  for (const server of open) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  open.clear();
});

/** An OTLP receiver on a free port, stopped after the test. */
export class Receiver {
  readonly received: Received[] = [];
  /** How it answers; 200 with an empty body at first. */
  answer: Answer = (response) => {
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  };
  connections = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => this.#take(request, Buffer.concat(chunks), response));
    });
    this.#server.on("connection", () => this.connections++);
    open.add(this.#server);
  }

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(port, "127.0.0.1", resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1/metrics`;
  }

  get last(): Received {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error("nothing was received");
    return last;
  }

  #take(request: IncomingMessage, raw: Buffer, response: ServerResponse): void {
    const { headers, url = "" } = request;
    const body = headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
    const isJson = headers["content-type"] === "application/json";
    const decoded = isJson ? decodeJsonRequest(body.toString()) : decodeRequest(body);
    const received = { path: url, headers, body, request: decoded };
    this.received.push(received);
    this.answer(response, received);
  }
}
