import { isUnobserved } from "../../diag/suppress.js";
import type { Internals } from "../../instruments/internals.js";
import type { Clock } from "../../time/clock.js";
import { originIn } from "./address.js";
import { Call } from "./call.js";
import { Callbacks } from "./callbacks.js";
import type { Host, Hosts } from "./hosts.js";
import { type OutboundOptions, OutboundRequest } from "./options.js";

/** What a watcher has put on a request: null is a request that is left out. */
type Watched = Record<symbol, Call | null | undefined>;

const SLASH = 47;

/** Records the requests of one monitor, from wherever they are told of, until it is stopped. */
export class Watcher {
  /** Of this watcher alone: two monitors each put their own call on a request. */
  private readonly key = Symbol("auspex.outbound");
  private readonly callbacks: Callbacks | undefined;
  private readonly clock: Clock;
  isStopped = false;

  constructor(
    readonly hosts: Hosts,
    options: OutboundOptions,
    private readonly internals: Internals,
  ) {
    const callbacks = new Callbacks(options, internals);
    if (callbacks.any) this.callbacks = callbacks;
    this.clock = internals.registry.clock;
  }

  /** Undefined before `begin`, null for a request that is left out. */
  callOf(request: object): Call | null | undefined {
    return (request as Watched)[this.key];
  }

  /**
   * A request has begun. At most one object is made, unless there are callbacks.
   * @param path - as sent; an absolute URL names the host behind a proxy
   */
  begin(request: object, host: Host, method: string, path: string): Call | null {
    let call: Call | null = null;
    if (!isUnobserved(request)) {
      const behind = path.charCodeAt(0) === SLASH ? host : this.behindProxy(host, path);
      const template = this.callbacks === undefined ? undefined : this.ask(behind, method, path);
      if (template !== null)
        call = new Call(behind, behind.operation(method, template), this.clock);
    }
    (request as Watched)[this.key] = call;
    return call;
  }

  cutShort(call: Call, type: string): void {
    if (call.close()) this.hosts.cutShort(call.host, type);
  }

  /** A subscriber of a channel; whatever it is handed, it does not throw: Node would end the process. */
  guarded<M>(handle: (message: M) => void): (message: unknown) => void {
    return (message) => {
      // A channel finishes its round with those who were there when it began.
      if (this.isStopped) return;
      try {
        handle(message as M);
      } catch {
        this.internals.diag.warn(
          "outbound:channel",
          "a request of an unknown form was not recorded",
        );
      }
    };
  }

  /** Calls under way are no longer in flight; nothing is recorded for them. */
  stop(): void {
    this.isStopped = true;
    for (const operation of this.hosts.operations) {
      operation.signals.inFlight = Math.max(0, operation.signals.inFlight - operation.open);
      operation.open = 0;
    }
  }

  /** @returns the template, null for a request that is left out */
  private ask(host: Host, method: string, path: string): string | undefined | null {
    const callbacks = this.callbacks as Callbacks;
    const seen = new OutboundRequest(method, host.name, pathIn(path));
    return callbacks.isWanted(seen) ? callbacks.template(seen) : null;
  }

  private behindProxy(host: Host, path: string): Host {
    return path.startsWith("http") ? this.hosts.ofOrigin(originIn(path)) : host;
  }
}

function pathIn(path: string): string {
  return path.startsWith("http") ? path.slice(originIn(path).length) || "/" : path;
}
