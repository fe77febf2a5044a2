import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { agent } from "../../../src/integrations/agents/index.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { collect, collected, RateLimitError, reading } from "./setup.js";

const RUNS = 1000;
const CALLS = 20;

/** 20 calls of one run, of every kind and every end, chosen by their numbers. */
async function work(who: ReturnType<typeof agent>, run: number, done: () => void): Promise<void> {
  for (let call = 0; call < CALLS; call++) {
    const kind = (run + call) % 5;
    if (kind === 0) {
      await who.tool("search", async () => turn(), { run, call });
    } else if (kind === 1) {
      await who.model("m", async () => {
        await turn();
        return { usage: { prompt_tokens: 10, completion_tokens: 2 } };
      });
    } else if (kind === 2) {
      const stream = who.model("m", async function* () {
        for (let chunk = 0; chunk < 3; chunk++) {
          await turn();
          yield { usage: chunk === 2 ? { prompt_tokens: 10, completion_tokens: 2 } : null };
        }
      });
      // Every third is left half-way.
      for await (const _ of stream) if (run % 3 === 0) break;
    } else if (kind === 3) {
      await who.model("m", () => Promise.reject(new RateLimitError())).catch(() => {});
    } else {
      await who
        .tool("search", async () => {
          await turn();
          throw new DOMException("gone", "AbortError");
        })
        .catch(() => {});
    }
    done();
  }
}

describe("1,000 concurrent runs of 20 calls each", () => {
  it("leave exact totals, nothing in flight, and no memory behind", async () => {
    const { auspex } = manualMonitor();
    const { operation, count, inFlight } = reading(auspex);
    const agents = ["a", "b", "c", "d"].map((name) => agent(auspex, name));
    const marked: WeakRef<object>[] = [];
    let calls = 0;
    const round = () =>
      Promise.all(
        Array.from({ length: RUNS }, (_, run) => {
          const who = agents[run % agents.length] as (typeof agents)[0];
          return who.run(() => {
            const mark = {};
            marked.push(new WeakRef(mark));
            return work(who, run, () => void (calls += mark ? 1 : 0));
          });
        }),
      );
    const open = round();
    expect(inFlight()).toBeGreaterThan(RUNS);
    await open;
    expect(calls).toBe(RUNS * CALLS);
    expect(inFlight()).toBe(0);

    const sum = (name: string) =>
      auspex
        .snapshot("total")
        .operations.filter((each) => each.name === name)
        .reduce(
          (all, { traffic, errors, aborted }) => ({
            count: all.count + traffic.count,
            errors: all.errors + errors.count,
            aborted: all.aborted + aborted.count,
          }),
          { count: 0, errors: 0, aborted: 0 },
        );
    // Each run has 4 calls of each kind.
    const broken = Math.ceil(RUNS / 3);
    expect(sum("chat m")).toEqual({ count: RUNS * 12, errors: RUNS * 4, aborted: broken * 4 });
    expect(sum("execute_tool search")).toEqual({ count: RUNS * 8, errors: 0, aborted: RUNS * 4 });
    expect(operation("invoke_agent a").traffic.count).toBe(RUNS / 4);
    expect(count("auspex.gen_ai.client.tokens")).toBe(12 * (RUNS * 4 + (RUNS - broken) * 4));
    expect(count("auspex.gen_ai.client.rate_limited")).toBe(RUNS * 4);
    const { histograms, self } = auspex.snapshot("total");
    for (const [name, perRun] of [
      ["gen_ai.invoke_agent.inference_calls", 12],
      ["gen_ai.invoke_agent.tool_calls", 8],
    ] as const) {
      const found = histograms.filter((each) => each.name === name);
      expect(found.reduce((all, each) => all + each.count, 0)).toBe(RUNS);
      expect(found.map((each) => [each.histogram.min, each.max])).toEqual(
        found.map(() => [perRun, perRun]),
      );
    }
    expect(self.misuse).toBe(0);
    expect(self.dropped).toEqual({ notANumber: 0, negative: 0, infinite: 0 });

    // What each run closed over is gone, and a second round takes no more memory than the first.
    const heap = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    await collected(() => marked.every((ref) => ref.deref() === undefined));
    expect(marked.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
    const before = heap();
    await round();
    await turn();
    expect(heap() - before).toBeLessThan(RUNS * CALLS * 100);
    expect(inFlight()).toBe(0);
  });
});
