// What watching outbound calls adds to one: what the channels are told and what we do with it, without
// the call itself, whose 30 to 300 µs would drown it. `bytes` needs --expose-gc and room for a block:
//
//   node --expose-gc --max-semi-space-size=64 --min-semi-space-size=64 bench/outbound.bench.mjs auspex
import { channel } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { median } from "./lib/statistics.mjs";
import { added, sink } from "./lib/timing.mjs";

const ORIGINS = ["https://api.example.com", "http://10.0.0.7:8080", "https://search.internal"];
const BLOCK = 2000;

/** As undici's: its fields, without its checks of them. */
class UndiciRequest {
  constructor(at) {
    this.method = "GET";
    this.body = null;
    this.abort = null;
    this.completed = false;
    this.aborted = false;
    this.upgrade = null;
    this.path = "/users/42?fields=name";
    this.origin = ORIGINS[at % ORIGINS.length];
    this.headers = [];
  }
}

/** As Node's ClientRequest: what is read of one, and its events. */
class NodeRequest extends EventEmitter {
  constructor(at) {
    super();
    this.method = "GET";
    this.path = "/users/42?fields=name";
    this.host = at % 2 === 0 ? "api.example.com" : "10.0.0.7";
    this.protocol = "http:";
    this.agent = { defaultPort: 80 };
    this.res = { complete: true };
  }

  getHeader() {
    return this.host === "10.0.0.7" ? "10.0.0.7:8080" : "api.example.com";
  }
}

const clients = {
  fetch(watched) {
    const create = channel("undici:request:create");
    const headers = channel("undici:request:headers");
    return (times) => {
      for (let i = 0; i < times; i++) {
        const request = new UndiciRequest(i);
        sink.object = request;
        if (!watched) continue;
        create.publish({ request });
        const response = { statusCode: 200, headers: request.headers, statusText: "OK" };
        headers.publish({ request, response });
      }
    };
  },

  "node:http"(watched) {
    const start = channel("http.client.request.start");
    const finish = channel("http.client.response.finish");
    const response = { statusCode: 200 };
    return (times) => {
      for (let i = 0; i < times; i++) {
        const request = new NodeRequest(i);
        sink.object = request;
        if (watched) {
          start.publish({ request });
          finish.publish({ request, response });
        }
        request.emit("close");
      }
    };
  },
};

function bytesOf(work) {
  const before = process.memoryUsage().heapUsed;
  work(BLOCK);
  return (process.memoryUsage().heapUsed - before) / BLOCK;
}

function addedBytes(bare, work) {
  if (globalThis.gc === undefined) return undefined;
  const differences = [];
  for (let block = 0; block < 40; block++) {
    globalThis.gc({ type: "minor" });
    const without = bytesOf(bare);
    globalThis.gc({ type: "minor" });
    differences.push(bytesOf(work) - without);
  }
  return Math.round(median(differences));
}

await scenario({
  async auspex() {
    const { createAuspex } = await library();
    createAuspex({ service: "bench", saturation: false });
    const results = {};
    for (const [name, client] of Object.entries(clients)) {
      const bare = client(false);
      const work = client(true);
      results[name] = { ...(await added(bare, work)), addedBytes: addedBytes(bare, work) };
    }
    return results;
  },
});
