import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { failureType } from "./failure.js";
import type { Watcher } from "./watcher.js";

/** What all versions of undici's request have in common. */
interface UndiciRequest {
  readonly origin: unknown;
  readonly method: string;
  readonly path: string;
  readonly upgrade?: unknown;
  /** The response is whole. */
  readonly completed?: boolean;
}

/** Watches global `fetch` and every copy of undici: all publish to the same channels. @returns stop */
export function watchUndici(watcher: Watcher): () => void {
  const { hosts } = watcher;
  const listeners = {
    "undici:request:create": watcher.guarded<{ request: UndiciRequest }>(({ request }) => {
      const { method, origin, path, upgrade } = request;
      // undici 6 does not say when an upgrade or a tunnel has succeeded: they would stay in flight.
      if (upgrade || method === "CONNECT") return;
      const host = hosts.ofOrigin(typeof origin === "string" ? origin : String(origin));
      watcher.begin(request, host, method, path);
    }),

    "undici:request:headers": watcher.guarded<{
      request: UndiciRequest;
      response: { statusCode: number };
    }>(({ request, response: { statusCode } }) => {
      // 103 and its like come before the response.
      if (statusCode >= 200) watcher.callOf(request)?.answered(statusCode);
    }),

    "undici:request:error": watcher.guarded<{ request: UndiciRequest; error: unknown }>(
      ({ request, error }) => {
        const call = watcher.callOf(request);
        if (call === undefined || call === null) return;
        const type = failureType(error);
        if (call.isOpen) call.ended(type);
        else if (type !== undefined && request.completed !== true) watcher.cutShort(call, type);
        else call.close();
      },
    ),
  };
  for (const [channel, listener] of Object.entries(listeners)) subscribe(channel, listener);
  return () => {
    for (const [channel, listener] of Object.entries(listeners)) unsubscribe(channel, listener);
  };
}
