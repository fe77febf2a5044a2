import { once } from "node:events";
import { request as httpRequest, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type Auspex, type AuspexOptions, createAuspex } from "auspex";
import { afterEach } from "vitest";

const cleanups: (() => unknown)[] = [];

/** Undoes, after the test, what it has set up; the latest first. */
export function afterTest(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  while (cleanups.length > 0) await cleanups.pop()?.();
});

export function monitor(options: AuspexOptions = {}): Auspex {
  const auspex = createAuspex({
    service: "test",
    saturation: false,
    outbound: false,
    selfMetrics: false,
    ...options,
  });
  afterTest(() => auspex.shutdown());
  return auspex;
}

/** Listens on a free port until the test ends. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request on a connection of its own, whatever its method. @returns the status */
export function send(
  port: number,
  { method = "GET", path, headers = {}, body }: Sent,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, method, path, headers, agent: false }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode as number));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A plain connection. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  afterTest(() => socket.destroy());
  await once(socket, "connect");
  socket.on("error", () => {});
  return socket;
}

export function got(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve) => {
    let seen = "";
    const read = (chunk: Buffer): void => {
      seen += chunk;
      if (!seen.includes(text)) return;
      socket.off("data", read);
      resolve(seen);
    };
    socket.on("data", read);
  });
}

/** What was recorded: one entry per method, route and status, `(none)` for the unmatched route. */
export async function recorded(auspex: Auspex): Promise<string[]> {
  const list: string[] = [];
  for (const line of (await auspex.text()).split("\n")) {
    const match = /^http_server_request_duration_seconds_count\{(.*)\} (\d+)$/.exec(line);
    if (match === null || match[2] === "0") continue;
    const label = (name: string): string | undefined =>
      new RegExp(`(?:^|,)${name}="((?:[^"\\\\]|\\\\.)*)"`)
        .exec(match[1] as string)?.[1]
        ?.replace(/\\(.)/g, "$1");
    const parts = [
      label("http_request_method"),
      label("http_route") ?? "(none)",
      label("http_response_status_code"),
    ];
    const type = label("error_type");
    if (type !== undefined) parts.push(`error ${type}`);
    list.push(`${match[2]} × ${parts.join(" ")}`);
  }
  return list.sort();
}

/**
 * The points of a histogram: one entry per series with its mean, which carries two digits, its method,
 * route, status and whatever other attributes it has.
 */
export async function points(auspex: Auspex, metric: string): Promise<string[]> {
  const page = await auspex.text();
  const list: string[] = [];
  for (const [, labels, text] of page.matchAll(
    new RegExp(`^${metric}_count\\{(.*)\\} (\\d+)$`, "gm"),
  )) {
    const count = Number(text);
    if (count === 0) continue;
    const sum = page.split("\n").find((line) => line.startsWith(`${metric}_sum{${labels}} `));
    const mean = Number(Number(sum?.split(" ").at(-1)) / count).toPrecision(2);
    const all = new Map(
      [...(labels as string).matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
        name as string,
        value as string,
      ]),
    );
    const take = (name: string): string | undefined => {
      const value = all.get(name);
      all.delete(name);
      return value;
    };
    const parts = [
      take("http_request_method"),
      take("http_route") ?? "(none)",
      take("http_response_status_code"),
    ];
    for (const name of ["url_scheme", "otel_scope_name", "error_type"]) take(name);
    for (const [name, value] of all) parts.push(`${name}=${value}`);
    list.push(`${count} × ${Number(mean)}: ${parts.filter(Boolean).join(" ")}`);
  }
  return list.sort();
}

export const durations = (auspex: Auspex): Promise<string[]> =>
  points(auspex, "http_server_request_duration_seconds");

/** Lifetimes of streams. */
export const lifetimes = (auspex: Auspex): Promise<string[]> =>
  points(auspex, "auspex_http_server_stream_duration_seconds");

export function total(auspex: Auspex): { count: number; aborted: number; inFlight: number } {
  const sum = { count: 0, aborted: 0, inFlight: 0 };
  for (const operation of auspex.snapshot("total").operations) {
    sum.count += operation.traffic.count;
    sum.aborted += operation.aborted.count;
    sum.inFlight += operation.inFlight;
  }
  return sum;
}

/** Lets the server go on until `isSo`; a client may know the answer before the server has ended it. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`still not so after 15 s: ${isSo}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export const untilRecorded = (auspex: Auspex, count: number): Promise<void> =>
  until(() => total(auspex).count >= count && total(auspex).inFlight === 0);
