import { Countdown } from "./countdown.js";
import { Devices } from "./devices.js";
import { type Link, linkOf } from "./network-link.js";
import type { Probe, Reading } from "./probe.js";
import { advance, counter, gauge, setShare } from "./reading.js";
import { RunningTotal } from "./running-total.js";
import type { ReadFile } from "./sources.js";
import { columnsOf } from "./text.js";

const LINK_EVERY_MS = 60_000;
const DEVICE = "network.interface.name";
const DIRECTION = "network.io.direction";

function makeWay(name: string, direction: "receive" | "transmit") {
  const attributes = { [DEVICE]: name, [DIRECTION]: direction };
  const total = (metric: string, unit: string, description: string) =>
    counter(metric, unit, description, attributes);
  return {
    bytes: new RunningTotal(total("system.network.io", "By", "Bytes received and transmitted.")),
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
    bytes.reading,
    packets,
    errors,
    dropped,
    share,
  ]);
  return { ...ways, all, bytesPerSecond: Number.NaN, link: new Countdown(LINK_EVERY_MS, 0) };
}

/**
 * Interfaces of the machine, or of the container when it has a network of its own. Linux.
 *
 * Each byte once: beside an interface with hardware, those without are on top of it or the ends of
 * containers; where there is no hardware at all they are the container's own.
 */
export class NetworkProbe implements Probe {
  readonly name = "network";
  readonly stepMs = 5000;
  readonly readings: Reading[] = [];
  readonly #interfaces = new Devices(this.readings, makeInterface);
  readonly #readFile: ReadFile;
  /** Of the interfaces listed last. */
  #links = new Map<string, Link>();
  #hasHardware = false;
  /** Elapsed time, added up. */
  #atMs = 0;

  /** @throws where the machine tells nothing */
  constructor(readFile: ReadFile) {
    this.#readFile = readFile;
    if (readFile("/proc/self/net/dev") === undefined) throw new Error("no /proc");
    this.sample(0);
  }

  sample(elapsedMs: number): void {
    this.#atMs += elapsedMs;
    const text = this.#readFile("/proc/self/net/dev");
    if (text !== undefined) this.#read(linesOf(text), elapsedMs);
    this.#interfaces.settle();
  }

  #read(lines: readonly (readonly [string, string])[], elapsedMs: number): void {
    const before = this.#links;
    this.#links = new Map(
      lines.map(([name]) => [name, before.get(name) ?? linkOf(name, this.#readFile)]),
    );
    for (const link of this.#links.values()) this.#hasHardware ||= link === "hardware";
    for (const [name, counts] of lines) {
      const link = this.#links.get(name);
      if (link === "layered" || (link === "soft" && this.#hasHardware)) continue;
      const known = this.#interfaces.see(name);
      if (known === undefined) continue;
      if (known.link.isDue(elapsedMs)) known.bytesPerSecond = this.#speedOf(name);
      const columns = columnsOf(counts).map(Number);
      this.#advance(known.receive, columns.slice(0, 4), known.bytesPerSecond);
      this.#advance(known.transmit, columns.slice(8, 12), known.bytesPerSecond);
    }
  }

  #advance(way: Way, columns: readonly number[], bytesPerSecond: number): void {
    // What a line lacks is no number, and no counter begins anew by it.
    const [bytes, packets, errors, dropped] = columns;
    setShare(way.share, way.bytes.advance(bytes, this.#atMs) / bytesPerSecond);
    advance(way.packets, packets);
    advance(way.errors, errors);
    advance(way.dropped, dropped);
  }

  /** NaN: a virtual link tells none, or −1. */
  #speedOf(name: string): number {
    const megabits = Number(this.#readFile(`/sys/class/net/${name}/speed`) ?? Number.NaN);
    return megabits > 0 ? (megabits * 1e6) / 8 : Number.NaN;
  }
}

/** Names and counts; heads have no colon. */
function linesOf(text: string): (readonly [string, string])[] {
  return text.split("\n").flatMap((line) => {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim();
    return name === "" ? [] : [[name, line.slice(colon + 1)] as const];
  });
}
