import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";
import { isHeaderOf } from "./address.js";
import type { Call } from "./call.js";
import { failureType, TIMEOUT } from "./failure.js";
import type { Host } from "./host.js";
import type { Hosts } from "./hosts.js";
import type { Watcher } from "./watcher.js";

type Request = ClientRequest & {
  readonly socketPath?: string;
  readonly agent?: { readonly defaultPort?: unknown };
  readonly res?: IncomingMessage & { readonly _dumped?: boolean };
  /** The head as text, once it is written. */
  readonly _header?: string | null;
};

interface Message {
  readonly request: Request;
}

/** Watches the client of `node:http` and `node:https`. @returns stop */
export function watchHttp(watcher: Watcher): () => void {
  const { hosts } = watcher;
  function onClose(this: unknown): void {
    const request = this as Request;
    const call = watcher.callOf(request);
    if (call === undefined || call === null || watcher.isStopped) return;
    const { res } = request;
    // Of an upgrade no channel tells.
    if (call.isOpen && res) call.answered(res.statusCode as number);
    else if (call.isOpen) call.ended(call.hasTimedOut ? TIMEOUT : undefined);
    else if (call.isAnswered && res && !res.complete) closedHalfway(watcher, call, res);
  }

  function onTimeout(this: unknown): void {
    const call = watcher.callOf(this as Request);
    if (call) call.hasTimedOut = true;
  }

  const begin = (request: Request): Call | null => {
    const call = watcher.begin(request, hostOf(hosts, request), request.method, request.path);
    if (call !== null) request.on("close", onClose).on("timeout", onTimeout);
    return call;
  };

  const began = watcher.guarded<Message>(({ request }) => {
    if (watcher.callOf(request) === undefined) begin(request);
  });

  const listeners = {
    // From Node 22.12 on; before that, `start` tells of a request when it has been written.
    "http.client.request.created": began,
    "http.client.request.start": began,

    "http.client.response.finish": watcher.guarded<Message & { response: IncomingMessage }>(
      ({ request, response }) => {
        let call = watcher.callOf(request);
        // Node 20: it was answered before it was written. One that is written was made before we watched.
        if (call === undefined && !request.writableEnded) call = begin(request);
        call?.answered(response.statusCode as number);
      },
    ),

    "http.client.request.error": watcher.guarded<Message & { error: unknown }>(
      ({ request, error }) => {
        let call = watcher.callOf(request);
        // Node 20: it failed before it was written.
        if (call === undefined) call = begin(request);
        if (call === null) return;
        if (call.isOpen) call.ended(failureOf(request, call, error));
        else if (!request.destroyed && request.res?.complete === false) {
          const type = failureType(error);
          if (type !== undefined) watcher.cutShort(call, type);
        }
      },
    ),
  };
  for (const [channel, listener] of Object.entries(listeners)) subscribe(channel, listener);
  return () => {
    for (const [channel, listener] of Object.entries(listeners)) unsubscribe(channel, listener);
  };
}

/** `destroy()` without an error gives the same "socket hang up" as a server that went away. */
function failureOf(request: Request, call: Call, error: unknown): string | undefined {
  const type = failureType(error);
  const isOurs =
    type === undefined ||
    request.aborted ||
    (type === "ECONNRESET" && request.destroyed && isHangUp(error));
  if (!isOurs) return type;
  return call.hasTimedOut ? TIMEOUT : undefined;
}

function isHangUp(error: unknown): boolean {
  return (error as Error).message === "socket hang up";
}

/** The connection ended within a body: by the caller, which is its affair, or by the other side. */
function closedHalfway(watcher: Watcher, call: Call, res: NonNullable<Request["res"]>): void {
  const { code } = (res.errored ?? {}) as { code?: unknown };
  if (call.hasTimedOut) watcher.cutShort(call, TIMEOUT);
  else if (code === "ECONNRESET" && res._dumped !== true) watcher.cutShort(call, code);
  else call.close();
}

/**
 * A request keeps its host, but its port only in the Host header, where a caller may write whatever it
 * likes, and a proxy passes on what its client wrote: one that is not this host is as good as none.
 */
function hostOf(hosts: Hosts, request: Request): Host {
  const { socketPath, protocol, host } = request;
  const defaultPort = request.agent?.defaultPort;
  if (typeof socketPath === "string") return hosts.ofHeader(protocol, socketPath, undefined);
  const header = request.getHeader("host") ?? HOST_LINE.exec(request._header ?? "")?.[1];
  if (typeof header === "string" && isHeaderOf(header, host)) {
    return hosts.ofHeader(protocol, header, defaultPort);
  }
  return hosts.ofHeader(
    protocol,
    host.includes(":") && !host.startsWith("[") ? `[${host}]` : host,
    defaultPort,
  );
}

/** Headers handed over as an array are text at once. */
const HOST_LINE = /\r\nhost: *([^\r\n]*)/i;
