import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { Auspex } from "auspex";
import { expressMiddleware, monitorExpress } from "auspex/express";
import { fastifyAuspex } from "auspex/fastify";
import { type HttpServerOptions, monitorHttpServer } from "auspex/http";
import Fastify from "fastify";
import { expresses } from "./frameworks.js";
import { afterTest, listen } from "./harness.js";

/** What a test does with a request on `/go/:id`, on the bare response. */
export type Handle = (response: ServerResponse, request: IncomingMessage) => unknown;

export interface Answer {
  status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  text: string;
  ended: boolean;
  failed: boolean;
}

/** One request on its way. */
export interface Asked {
  readonly answer: Answer;
  leave(): void;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A server of one framework whose route `/go/:id` belongs to the test. */
export interface RawFramework {
  readonly name: string;
  serve(auspex: Auspex, handle: Handle, options?: HttpServerOptions): Promise<Served>;
}

export interface Served {
  readonly server: Server | undefined;
  readonly port: number;
  ask(path: string, ask?: Ask): Asked;
}

const route = ({ url = "" }: IncomingMessage): string | undefined =>
  /^\/go\/[^/]+$/.test(url) ? "/go/:id" : undefined;

const empty = (): Answer => ({ status: 0, headers: {}, text: "", ended: false, failed: false });

async function overHttp1(server: Server): Promise<Served> {
  const port = await listen(server);
  return {
    server,
    port,
    ask(path, { method = "GET", headers = {}, body } = {}) {
      const answer = empty();
      const sent = httpRequest({ port, path, method, headers, agent: false }, (response) => {
        Object.assign(answer, { status: response.statusCode, headers: response.headers });
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          answer.text += chunk;
        });
        response.on("end", () => {
          answer.ended = true;
        });
        response.on("error", () => {
          answer.failed = true;
        });
      });
      sent.on("error", () => {
        answer.failed = true;
      });
      sent.end(body);
      return { answer, leave: () => sent.destroy() };
    },
  };
}

async function overHttp2(
  auspex: Auspex,
  handle: Handle,
  options: HttpServerOptions,
): Promise<Served> {
  const server = createHttp2Server((request, response) => {
    if (route(request as never) === undefined) response.writeHead(404).end();
    else handle(response as never, request as never);
  });
  monitorHttpServer(server, auspex, { route, ...options });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterTest(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as { port: number };
  const client = connectHttp2(`http://127.0.0.1:${port}`);
  client.on("error", () => {});
  afterTest(() => client.destroy());
  return {
    server: undefined,
    port,
    ask(path, { method = "GET", headers = {}, body } = {}) {
      const answer = empty();
      const sent = client.request({ ":path": path, ":method": method, ...headers });
      sent.on("response", (received) => {
        Object.assign(answer, { status: received[":status"], headers: received });
      });
      sent.setEncoding("utf8");
      sent.on("data", (chunk: string) => {
        answer.text += chunk;
      });
      sent.on("end", () => {
        answer.ended = true;
      });
      sent.on("error", () => {
        answer.failed = true;
      });
      sent.end(body);
      return { answer, leave: () => sent.close(8) };
    },
  };
}

export const rawFrameworks: readonly RawFramework[] = [
  ...expresses.flatMap(([name, make]) => [
    {
      name,
      serve: async (auspex: Auspex, handle: Handle, options?: HttpServerOptions) => {
        const app = make();
        app.set("env", "test");
        monitorExpress(app, auspex, options);
        app.all("/go/:id", (request, response) => void handle(response, request));
        return overHttp1(createServer(app));
      },
    },
    {
      name: `${name}, expressMiddleware`,
      serve: async (auspex: Auspex, handle: Handle, options?: HttpServerOptions) => {
        const app = make();
        app.set("env", "test");
        app.use(expressMiddleware(auspex, options));
        app.all("/go/:id", (request, response) => void handle(response, request));
        return overHttp1(createServer(app));
      },
    },
  ]),
  {
    name: "Fastify 5",
    async serve(auspex, handle, options) {
      const app = Fastify();
      afterTest(() => app.close());
      await app.register(fastifyAuspex, { auspex, http: options });
      app.addContentTypeParser("*", (_request, _payload, done) => done(null));
      app.all("/go/:id", (request, reply) => {
        reply.hijack();
        handle(reply.raw, request.raw);
      });
      await app.ready();
      return overHttp1(app.server as Server);
    },
  },
  {
    name: "node:http",
    async serve(auspex, handle, options) {
      const server = createServer((request, response) => {
        if (route(request) === undefined) response.writeHead(404).end();
        else handle(response, request);
      });
      monitorHttpServer(server, auspex, { route, ...options });
      return overHttp1(server);
    },
  },
  {
    name: "HTTP/2",
    serve: (auspex, handle, options) => overHttp2(auspex, handle, options ?? {}),
  },
];
