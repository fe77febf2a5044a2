import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../src/fleet/at-once.js";
import { snapshotOf } from "../../src/fleet/batch-snapshot.js";
import type { FleetPart } from "../../src/fleet/model.js";
import { packBatch, unpackBatch } from "../../src/fleet/wire/batch.js";
import type { Packed } from "../../src/fleet/wire/packer.js";
import { packSnapshot, unpackSnapshot } from "../../src/fleet/wire/snapshot.js";
import { MAX_PART, WireFault } from "../../src/fleet/wire/unpacker.js";
import type { Auspex } from "../../src/index.js";
import { manualMonitor } from "../helpers/monitor.js";
import { sourceOf } from "./parts.js";

/** A monitor with one of everything, of names that are hard to write. */
function everything(): Auspex {
  const { auspex, clock } = manualMonitor({
    selfMetrics: true,
    exporters: [{ name: "__proto__", export: async () => ({ status: "success" }) }],
    exemplars: () => ({ traceId: "a".repeat(32), spanId: "b".repeat(16) }),
    cardinalityLimit: 20,
  });
  const attributes = JSON.parse('{"__proto__":"x","quote":"\\"\\\\\\n\\u2028","n":1.5,"b":false}');
  const odd = auspex.operation('odd "name" \ud800', attributes);
  for (let i = 1; i < 500; i++) odd.record(i * 1.7);
  odd.record(3, Object.assign(new Error("no"), { code: "__proto__" }));
  odd.abort(odd.start());
  odd.start();
  for (let i = 0; i < 40; i++) auspex.operation("many", { i }).record(i);
  auspex.dependency("orders", { kind: "db", system: "postgresql" }).operation("SELECT").record(4);
  auspex.counter("jobs", { unit: "{job}" }).bind(attributes).add(2.5);
  auspex.gauge("level", { unit: "By" }).set(-3);
  auspex.saturation("pool", () => 0.25);
  auspex.histogram("sizes", { unit: "By" }).bind(attributes).record(1234);
  auspex.histogram("empty", { unit: "s" }).bind({});
  clock.advance(12_000);
  odd.record(1);
  return auspex;
}

/** As it comes out of a channel that speaks JSON. */
function throughJson({ bytes, ...packed }: Packed): Packed {
  const text = Buffer.from(bytes as Uint8Array).toString("base64");
  return JSON.parse(JSON.stringify({ ...packed, bytes: text }));
}

const ways: [string, (packed: Packed) => Packed][] = [
  ["a structured clone", (packed) => structuredClone(packed)],
  ["JSON", throughJson],
];

describe.each(ways)("a part that went through %s", (_, travel) => {
  it("is the snapshot that it was made of", () => {
    const auspex = everything();
    for (const window of ["10s", "1m", "total"] as const) {
      const snapshot = auspex.snapshot(window);
      const arrived = atOnce(unpackSnapshot(travel(packSnapshot(snapshot))));
      const { dependencies: _, ...sent } = JSON.parse(JSON.stringify(snapshot));
      expect(JSON.parse(JSON.stringify(arrived))).toEqual(sent);
      for (const [at, { latency, name }] of snapshot.operations.entries()) {
        const other = arrived.operations[at]?.latency;
        expect([name, other?.percentile(99.9)]).toEqual([name, latency.percentile(99.9)]);
      }
      expect(arrived.histograms.map((each) => each.percentile(50))).toEqual(
        snapshot.histograms.map((each) => each.percentile(50)),
      );
      expect(Object.isFrozen(arrived)).toBe(true);
    }
  });

  it("is the batch that it was made of", () => {
    const source = sourceOf(everything());
    const { metrics, from, to, incarnation } = atOnce(
      unpackBatch(travel(atOnce(packBatch(source)))),
    );
    const sent = [...source.streams()].map(({ metric, points }) => ({
      ...metric,
      points: [...points],
    }));
    expect({ from, incarnation }).toEqual({
      from: source.incarnation.startTimeMs,
      incarnation: source.incarnation,
    });
    expect(to).toBeGreaterThan(from);
    expect(
      metrics.map(({ name, kind, unit, description }) => [name, kind, unit, description]),
    ).toEqual(sent.map(({ name, kind, unit, description }) => [name, kind, unit, description]));
    const plain = (points: readonly object[]) =>
      points.map((point) => {
        const { histogram, ...rest } = point as { histogram?: { sum: number; count: number } };
        return { ...rest, ...(histogram && { sum: histogram.sum, count: histogram.count }) };
      });
    const isFixed = ({ name }: { name: string }) => !name.startsWith("auspex.overhead");
    for (const [at, metric] of metrics.entries()) {
      if (isFixed(metric)) expect(plain(metric.points)).toEqual(plain(sent[at]?.points ?? []));
    }
  });
});

describe("a batch as a snapshot", () => {
  it("is the snapshot of everything since the start", () => {
    const auspex = everything();
    const batch = atOnce(unpackBatch(atOnce(packBatch(sourceOf(auspex)))));
    const made = JSON.parse(JSON.stringify(snapshotOf(batch, "test")));
    const { self, gauges, saturation, ...expected } = JSON.parse(
      JSON.stringify(auspex.snapshot("total")),
    );
    const byName = (a: { name: string; attributes: object }, b: typeof a) =>
      JSON.stringify([a.name, a.attributes]) < JSON.stringify([b.name, b.attributes]) ? -1 : 1;
    for (const name of ["operations", "counters", "histograms"] as const) {
      expect(made[name].sort(byName)).toEqual(expected[name].sort(byName));
    }
    const last = ({ name, value }: { name: string; value: number }) => [name, value];
    expect(made.gauges.map(last)).toEqual(gauges.map(last));
    expect(made.saturation.map(last)).toEqual(saturation.map(last));
    expect(made.saturation[0].saturation).toBe(0.25);
    expect(made.self.records).toBe(self.records);
    expect(made.self.overflowed).toBe(self.overflowed);
  });
});

describe("a part that is not what it should be", () => {
  const good = packSnapshot(everything().snapshot("total"));
  const batch = atOnce(packBatch(sourceOf(everything())));
  const reasonOf = (
    packed: unknown,
    unpack: (packed: Packed) => Iterator<void, unknown> = unpackSnapshot,
  ) => {
    try {
      atOnce(unpack(packed as Packed));
    } catch (error) {
      return error instanceof WireFault ? error.reason : error;
    }
    return undefined;
  };

  it("is told by its version, its size and its shape", () => {
    expect(reasonOf({ ...good, v: 2 })).toBe("version");
    expect(reasonOf({ ...good, head: "x".repeat(MAX_PART + 1) })).toBe("too_large");
    expect(reasonOf({ ...good, bytes: "x".repeat(2 * MAX_PART) })).toBe("too_large");
    for (const broken of [
      {},
      { ...good, head: "" },
      { ...good, head: "[]" },
      { ...good, head: "{}" },
      { ...good, head: 7 },
      { ...good, bytes: undefined },
      { ...good, bytes: [1, 2, 3] },
      { ...good, bytes: good.bytes.slice(0, -1) },
      { ...good, head: good.head.replace('"operations":[[', '"operations":[{},[') },
      { ...good, head: good.head.replace(/"layouts":\[\[/, '"layouts":[[0,') },
      { ...good, head: good.head.replace('"records":', '"records":-') },
      batch,
    ]) {
      expect(reasonOf({ v: 1, ...broken })).toBe("malformed");
    }
    expect(reasonOf(good, unpackBatch)).toBe("malformed");
  });

  it("never makes a histogram whose slots do not add up to its count", () => {
    const bytes = good.bytes as Uint8Array;
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(changes, (all) => {
        const changed = bytes.slice();
        for (const [at, value] of all) changed[at] = value;
        let snapshot: FleetPart["snapshot"];
        try {
          snapshot = atOnce(unpackSnapshot({ ...good, bytes: changed }));
        } catch (error) {
          expect(error).toBeInstanceOf(WireFault);
          return;
        }
        for (const { latency } of snapshot.operations) {
          expect(latency.histogram.countAtOrBelow(Number.MAX_VALUE)).toBe(latency.count);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is refused whole whatever its text becomes, and nothing else is thrown", () => {
    for (const [packed, unpack] of [
      [good, unpackSnapshot],
      [batch, unpackBatch],
    ] as const) {
      const value: unknown = JSON.parse(packed.head);
      const places = placesOf(value);
      fc.assert(
        fc.property(
          fc.nat(places.length - 1),
          fc.constantFrom(null, -1, 1e300, 0.5, "x", true, [], {}, [[]], "__proto__"),
          (at, other) => {
            const changed = structuredClone(value);
            places[at]?.(changed, other);
            const reason = reasonOf({ ...packed, head: JSON.stringify(changed) }, unpack);
            expect([undefined, "malformed", "version", "too_large"]).toContain(reason);
          },
        ),
        { numRuns: 500 },
      );
    }
  });
});

/** A setter for every place in a JSON value. */
function placesOf(value: unknown, path: readonly (string | number)[] = []) {
  const places: ((root: unknown, other: unknown) => void)[] = [];
  if (path.length > 0) {
    places.push((root, other) => {
      let at = root as Record<string | number, unknown>;
      for (const key of path.slice(0, -1)) at = at[key] as typeof at;
      at[path.at(-1) as string] = other;
    });
  }
  if (typeof value === "object" && value !== null) {
    for (const key of Object.keys(value)) {
      places.push(...placesOf((value as Record<string, unknown>)[key], [...path, key]));
    }
  }
  return places;
}
