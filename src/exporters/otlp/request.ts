import {
  type Agent,
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { unobserved } from "../../diag/suppress.js";
import type { ResolvedOtlpOptions } from "./options.js";
import { untraced } from "./untraced.js";

/** Keeps one connection between exports; it is none of the process's business whether that is open. */
const KEEP = { keepAlive: true, maxFreeSockets: 1 } as const;

/** An agent whose sockets never keep the process alive. */
export function ownAgent({ url, tls }: Pick<ResolvedOtlpOptions, "url" | "tls">): Agent {
  const agent =
    url.protocol === "https:" ? new HttpsAgent({ ...KEEP, ...tls }) : new HttpAgent(KEEP);
  const reuse = agent.reuseSocket;
  agent.reuseSocket = function (socket: Duplex, request: ClientRequest) {
    // Node takes an idle socket up again with `ref`.
    reuse.call(this, socket, request);
    unref(socket);
  };
  return agent;
}

/** The one place where a request of this exporter is born: neither the host's spans nor its calls show it. */
export function openRequest(
  url: URL,
  headers: Record<string, string | number>,
  agent: Agent,
): ClientRequest {
  const open = url.protocol === "https:" ? httpsRequest : httpRequest;
  const request = unobserved(() => untraced(() => open(url, { method: "POST", agent, headers })));
  request.on("socket", unref);
  return request;
}

function unref(socket: Duplex): void {
  (socket as { unref?: () => void }).unref?.();
}
