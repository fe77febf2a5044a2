import { isUnobserved } from "../../diag/suppress.js";
import type { Internals } from "../../instruments/internals.js";
import type { Clock } from "../../time/clock.js";
import { pathIn } from "./address.js";
import { Call } from "./call.js";
import { Callbacks } from "./callbacks.js";
import type { Host } from "./host.js";
import type { Hosts } from "./hosts.js";
import { type OutboundOptions, OutboundRequest } from "./options.js";

/** What a watcher has put on a request: null is a request that is left out. */
type Watched = Record<symbol, Call | null | undefined>;

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
   * @param host - that is called. What else names one, a Host header or a whole URL for a path, may be
   *   what a client of this service has written
   */
  begin(request: object, host: Host, method: string, path: string): Call | null {
    let call: Call | null = null;
    if (!isUnobserved(request)) {
      const template = this.callbacks === undefined ? undefined : this.ask(host, method, path);
      if (template !== null) call = new Call(host, host.operation(method, template), this.clock);
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
    for (const operation of this.hosts.operations()) {
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
}
