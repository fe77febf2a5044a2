import { Countdown } from "./countdown.js";
import { Devices } from "./devices.js";
import type { Probe, Reading } from "./probe.js";
import { counter, gauge, ratio, setShare } from "./reading.js";
import { RunningTotal } from "./running-total.js";
import type { ReadFile } from "./sources.js";
import { columnsOf } from "./text.js";

const LINK_EVERY_MS = 60_000;
/** Loopback, and what has a real interface below it. */
const VIRTUAL =
  /^(?:lo|veth|docker|br-|virbr|cni|cilium|flannel|cali|lxc|vnet|tap|ifb|dummy|sit|tunl|ip6tnl|ip6gre|gre|erspan|kube-|nodelocaldns)/;
const DEVICE = "network.interface.name";
const DIRECTION = "network.io.direction";

function makeWay(name: string, direction: "receive" | "transmit") {
  const attributes = { [DEVICE]: name, [DIRECTION]: direction };
  const total = (metric: string, unit: string, description: string) =>
    new RunningTotal(counter(metric, unit, description, attributes));
  return {
    bytes: total("system.network.io", "By", "Bytes received and transmitted."),
    packets: total("system.network.packet.count", "{packet}", "Packets moved."),
    errors: total("system.network.errors", "{error}", "Errors of the network."),
    dropped: total(
      "system.network.packet.dropped",
      "{packet}",
      "Packets dropped without an error.",
    ),
    share: gauge(
      "hw.network.bandwidth.utilization",
      "1",
      "Share of the link's speed in use, where the link tells its speed.",
      { "hw.id": name, [DIRECTION]: direction },
    ),
  };
}

type Way = ReturnType<typeof makeWay>;

function makeInterface(name: string) {
  const ways = { receive: makeWay(name, "receive"), transmit: makeWay(name, "transmit") };
  const all = Object.values(ways).flatMap(({ bytes, packets, errors, dropped, share }) => [
    ...[bytes, packets, errors, dropped].map((one) => one.reading),
    share,
  ]);
  return { ...ways, all, bytesPerSecond: Number.NaN, link: new Countdown(LINK_EVERY_MS, 0) };
}

/** Interfaces of the machine, or of the container when it has a network of its own. Linux. */
export class NetworkProbe implements Probe {
  readonly name = "network";
  readonly stepMs = 5000;
  readonly readings: Reading[] = [];
  readonly #interfaces = new Devices(this.readings, makeInterface);
  readonly #readFile: ReadFile;

  /** @throws where the machine tells nothing */
  constructor(readFile: ReadFile) {
    this.#readFile = readFile;
    if (readFile("/proc/self/net/dev") === undefined) throw new Error("no /proc");
    this.sample(Number.NaN);
  }

  sample(elapsedMs: number): void {
    for (const line of (this.#readFile("/proc/self/net/dev") ?? "").split("\n")) {
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(0, colon)).trim();
      if (name === "" || VIRTUAL.test(name)) continue;
      const known = this.#interfaces.see(name);
      if (known === undefined) continue;
      if (known.link.isDue(elapsedMs)) known.bytesPerSecond = this.#speedOf(name);
      const columns = columnsOf(line.slice(colon + 1)).map(Number);
      const limit = known.bytesPerSecond * (elapsedMs / 1e3);
      advance(known.receive, columns.slice(0, 4), limit);
      advance(known.transmit, columns.slice(8, 12), limit);
    }
    this.#interfaces.settle();
  }

  stop(): void {}

  /** Bytes a second; a virtual link tells none, or −1. */
  #speedOf(name: string): number {
    if (name.includes("/")) return Number.NaN;
    const megabits = Number(this.#readFile(`/sys/class/net/${name}/speed`) ?? Number.NaN);
    return megabits > 0 ? (megabits * 1e6) / 8 : Number.NaN;
  }
}

/** @param limit - bytes the link can move in the time */
function advance(way: Way, columns: readonly number[], limit: number): void {
  const [bytes = 0, packets = 0, errors = 0, dropped = 0] = columns;
  const moved = way.bytes.advance(bytes);
  way.packets.advance(packets);
  way.errors.advance(errors);
  way.dropped.advance(dropped);
  setShare(way.share, ratio(moved, limit));
}
