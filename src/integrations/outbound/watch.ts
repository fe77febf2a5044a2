import { processWide } from "../../diag/process-wide.js";
import { INTERNALS, type Instrumented } from "../../instruments/internals.js";
import { Hosts } from "./hosts.js";
import { watchHttp } from "./http.js";
import { checkedOptions, type OutboundOptions } from "./options.js";
import { watchUndici } from "./undici.js";
import { Watcher } from "./watcher.js";

/** What there is per monitor: its hosts for good, its subscriptions while somebody wants them. */
interface Wiring {
  readonly hosts: Hosts;
  users: number;
  unwire: () => void;
}

/** One for all copies of this library in the process, so that each monitor is wired once. */
function wirings(): WeakMap<Instrumented, Wiring> {
  return processWide("auspex.outbound@0", () => new WeakMap());
}

/**
 * Records the requests that this process makes: global `fetch`, undici, `node:http` and `node:https`.
 *
 * A request lasts from its making to the headers of its response, or to what came instead. A monitor
 * is wired once: of a second call only the stop counts.
 * @returns stop; requests under way then end unrecorded, once everybody who asked has stopped
 * @throws TypeError listing every fault of the options and how to mend it
 * @see OpenTelemetry semantic conventions, http.client.request.duration
 */
export function watchOutbound(auspex: Instrumented, options: OutboundOptions = {}): () => void {
  const checked = checkedOptions(options);
  const internals = auspex[INTERNALS];
  const known = wirings();
  let wiring = known.get(auspex);
  if (wiring === undefined) {
    wiring = { hosts: new Hosts(internals.registry), users: 0, unwire: () => {} };
    known.set(auspex, wiring);
  }
  if (wiring.users++ === 0) wiring.unwire = wire(new Watcher(wiring.hosts, checked, internals));
  else internals.diag.warn("outbound:twice", "outbound calls are watched already, as first asked");
  let counts = true;
  return () => {
    if (!counts) return;
    counts = false;
    if (--wiring.users === 0) wiring.unwire();
  };
}

function wire(watcher: Watcher): () => void {
  const stops = [watchUndici(watcher), watchHttp(watcher)];
  return () => {
    for (const stop of stops) stop();
    watcher.stop();
  };
}
