import { createSocket, type Socket } from "node:dgram";
import { describe, expect, it } from "vitest";
import type { ExportResult, MetricExporter } from "../../src/index.js";
import { batchOf, exporterConformance, ManualClock } from "../../src/testing/index.js";

const success: ExportResult = { status: "success" };
const good: MetricExporter = { name: "good", export: async () => success };
const never = () => new Promise<never>(() => {});

/** Names of the cases that an exporter breaks. */
async function broken(make: () => MetricExporter): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of exporterConformance(make, { patienceMs: 100 })) {
    await run().catch(() => names.push(name));
  }
  return names;
}

describe("the conformance kit", () => {
  it("finds nothing wrong with the smallest exporter there is", async () => {
    expect(await broken(() => good)).toEqual([]);
  });

  it("finds a name with spaces, and a temporality that nobody knows or that changes", async () => {
    expect(await broken(() => ({ ...good, name: "my exporter" }))).toEqual([
      "has a name without spaces",
    ]);
    let calls = 0;
    const fickle = () => (calls++ % 2 === 0 ? "delta" : "cumulative");
    for (const temporality of [() => "both" as never, fickle as () => "delta"]) {
      expect(await broken(() => ({ ...good, temporality }))).toEqual([
        "asks for the same temporality each time",
      ]);
    }
  });

  it("finds answers that are none", async () => {
    for (const answer of [undefined, "ok", { status: "ok" }, { status: "failure" }]) {
      const names = await broken(() => ({ ...good, export: async () => answer as never }));
      expect(names).toContain("takes every kind of point");
      expect(names.length).toBeGreaterThan(12);
    }
  });

  it("finds an exporter that rejects or throws over one kind of batch", async () => {
    const names = await broken(() => ({
      ...good,
      export: ({ metrics }) => {
        if (metrics.length === 0) throw new Error("nothing to send");
        for (const { points } of metrics) {
          if (points.length > 1000) return Promise.reject(new Error("too much"));
        }
        return Promise.resolve(success);
      },
    }));
    expect(names).toEqual(["takes no metrics", "takes 10,000 points"]);
  });

  it("finds an exporter that writes to the batch", async () => {
    const writes = await broken(() => ({
      ...good,
      export: async (batch) => {
        (batch.metrics as unknown[]).length = 0;
        return success;
      },
    }));
    expect(writes).toEqual(["leaves the batch as it was"]);
    const hides = await broken(() => ({
      ...good,
      export: async (batch) => {
        for (const metric of batch.metrics) {
          if (metric.kind === "histogram") metric.points[0]?.histogram.bytes.fill(0);
        }
        return success;
      },
    }));
    expect(hides).toEqual(["leaves the batch as it was"]);
  });

  it("finds an exporter that does not listen to its signal", async () => {
    const deaf = await broken(() => ({
      ...good,
      export: (_batch, signal) => {
        return signal.aborted ? never() : new Promise((resolve) => setTimeout(resolve, 1, success));
      },
    }));
    expect(deaf).toEqual(["settles when it was aborted before it began"]);
    const stubborn = await broken(() => ({
      ...good,
      export: async (_batch, signal) => {
        await new Promise((resolve) => setImmediate(resolve));
        return signal.aborted ? never() : success;
      },
    }));
    expect(stubborn).toContain("settles when it is aborted under way");
  });

  it("finds an exporter that cannot be called twice at once", async () => {
    const names = await broken(() => {
      let busy = false;
      return {
        ...good,
        export: async () => {
          if (busy) throw new Error("busy");
          busy = true;
          await new Promise((resolve) => setImmediate(resolve));
          busy = false;
          return success;
        },
      };
    });
    expect(names).toEqual(["takes calls that overlap"]);
  });

  it("finds a flush and a shutdown that work only once", async () => {
    const once = () => {
      let calls = 0;
      return async () => {
        if (calls++ > 0) throw new Error("already");
      };
    };
    expect(await broken(() => ({ ...good, forceFlush: once() }))).toEqual([
      "flushes as often as it is asked, with and without anything to flush",
    ]);
    expect(await broken(() => ({ ...good, shutdown: once() }))).toEqual([
      "shuts down as often as it is asked",
      "answers after its shutdown too",
    ]);
  });

  it("finds an exporter that is silent after its shutdown", async () => {
    const names = await broken(() => {
      let closed = false;
      return {
        ...good,
        export: () => (closed ? never() : Promise.resolve(success)),
        shutdown: async () => {
          closed = true;
        },
      };
    });
    expect(names).toEqual(["answers after its shutdown too"]);
  });

  it("finds a timer that is left running", async () => {
    const timers: NodeJS.Timeout[] = [];
    const names = await broken(() => {
      timers.push(setInterval(() => {}, 60_000));
      return good;
    });
    for (const timer of timers) clearInterval(timer);
    expect(names).toEqual(["leaves no timer that keeps the process alive"]);
  });

  it("finds a socket that is left open, and is done looking when it has said so", async () => {
    const sockets: Socket[] = [];
    const open = () => {
      sockets.push(createSocket("udp4").bind(0));
      return good;
    };
    expect(await broken(open)).toEqual(["leaves no socket that keeps the process alive"]);
    for (const socket of sockets.splice(0)) socket.close();
    const unheld = () => {
      sockets.push(createSocket("udp4").bind(0).unref());
      return good;
    };
    expect(await broken(unheld)).toEqual([]);
    for (const socket of sockets) socket.close();
  });
});

describe("batches for tests", () => {
  it("carry the values they were given", () => {
    const [duration, jobs] = batchOf([0.001, 0.2, 3], 5000).metrics;
    expect(duration).toMatchObject({ kind: "histogram", unit: "s" });
    if (duration?.kind !== "histogram") throw new Error("no histogram");
    expect(duration.points[0]?.histogram.summary()).toMatchObject({ count: 3, p50: 0.200703 });
    expect(jobs?.points).toEqual([{ attributes: {}, value: 3 }]);
    expect(batchOf([], 5000)).toMatchObject({ to: 5000, temporality: "cumulative" });
  });
});

describe("a manual clock", () => {
  it("fires what falls due in its order, each at its own instant", () => {
    const clock = new ManualClock();
    const fired: [string, number][] = [];
    const began = clock.now();
    clock.schedule(20, () => fired.push(["second", clock.now() - began]));
    clock.schedule(10, () => {
      fired.push(["first", clock.now() - began]);
      clock.schedule(5, () => fired.push(["nested", clock.now() - began]));
    });
    clock.schedule(15, () => fired.push(["cancelled", 0]))();
    clock.advance(30);
    expect(fired).toEqual([
      ["first", 10],
      ["nested", 15],
      ["second", 20],
    ]);
    clock.schedule(5, () => {});
    clock.block(100);
    expect([clock.now() - began, clock.pending, clock.wall() - clock.epoch]).toEqual([
      130,
      1,
      clock.now(),
    ]);
  });
});
