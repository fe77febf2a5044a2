import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { agent, currentAgent } from "../../../src/integrations/agents/index.js";
import { workload } from "../../../src/workload/index.js";
import { HOSTILE, unhandledIn } from "../../helpers/hostile.js";
import { collected, RateLimitError, setUp } from "./setup.js";

/** As those of OpenAI and Anthropic: all three methods go to another promise. */
class ApiPromise<T> extends Promise<T> {
  static override get [Symbol.species]() {
    return Promise;
  }
  constructor(private readonly real: Promise<T>) {
    super((resolve) => resolve(undefined as T));
  }
  // biome-ignore lint/suspicious/noThenProperty: a promise has one
  override then(...given: any[]): any {
    return this.real.then(...given);
  }
  override catch(...given: any[]): any {
    return this.real.catch(...given);
  }
  override finally(...given: any[]): any {
    return this.real.finally(...given);
  }
}

describe("an agent", () => {
  it("gives the golden signals of its runs, models, tools, tasks, workflows and steps", () => {
    const { clock, researcher, operation } = setUp();
    const works: [string, string, () => unknown][] = [
      [
        "invoke_agent researcher",
        "gen_ai.invoke_agent.duration",
        () => researcher.run(() => clock.advance(10)),
      ],
      [
        "chat claude-x",
        "gen_ai.client.operation.duration",
        () => researcher.model("claude-x", () => clock.advance(10)),
      ],
      [
        "execute_tool search",
        "gen_ai.execute_tool.duration",
        () => researcher.tool("search", () => clock.advance(10)),
      ],
      [
        "task summarise",
        "auspex.agent.task.duration",
        () => researcher.task("summarise", () => clock.advance(10)),
      ],
      [
        "invoke_workflow report",
        "gen_ai.invoke_workflow.duration",
        () => researcher.workflow("report", () => clock.advance(10)),
      ],
      [
        "step parse",
        "auspex.workflow.step.duration",
        () => researcher.step("parse", () => clock.advance(10)),
      ],
    ];
    for (const [name, instrument, work] of works) {
      work();
      const found = operation(name);
      expect(found.instrument).toBe(instrument);
      expect(found.traffic.count).toBe(1);
      expect(found.latency.p50).toBeCloseTo(10, 0);
      expect(found.attributes["gen_ai.agent.name"]).toBe("researcher");
      expect(found.inFlight).toBe(0);
    }
  });

  it("carries the attributes of the semantic conventions", () => {
    const { researcher, operation } = setUp();
    researcher.model("claude-x", () => 1);
    expect(operation("chat claude-x").attributes).toEqual({
      "gen_ai.agent.name": "researcher",
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "anthropic",
      "gen_ai.request.model": "claude-x",
    });
    researcher.bindModel("embed-1", { operation: "embeddings", provider: "own" }).call(() => 1);
    expect(operation("embeddings embed-1").attributes).toMatchObject({
      "gen_ai.operation.name": "embeddings",
      "gen_ai.provider.name": "own",
    });
    researcher.tool("search", () => 1);
    expect(operation("execute_tool search").attributes).toEqual({
      "gen_ai.agent.name": "researcher",
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "search",
    });
    researcher.workflow("report", () => researcher.step("parse", () => 1));
    expect(operation("step parse").attributes).toEqual({
      "gen_ai.agent.name": "researcher",
      "gen_ai.workflow.name": "report",
      "auspex.workflow.step.name": "parse",
    });
  });

  it("is one per monitor and name, with its first options", () => {
    const { auspex, researcher, logger } = setUp({ provider: "own" });
    expect(agent(auspex, "researcher")).toBe(researcher);
    expect(logger.warn).not.toHaveBeenCalled();
    expect(agent(auspex, "researcher", { provider: "other" })).toBe(researcher);
    expect(logger.warn).toHaveBeenCalledOnce();
    expect(agent(setUp().auspex, "researcher")).not.toBe(researcher);
  });

  it("passes on what work answers, sync or not, and its errors as they are", async () => {
    const { researcher, operation } = setUp();
    const error = new TypeError("broken");
    const answer = {};
    for (const call of [
      <T>(work: () => T) => researcher.run(work),
      <T>(work: () => T) => researcher.model("m", work),
      <T>(work: () => T) => researcher.tool("t", work),
      <T>(work: () => T) => researcher.task("k", work),
      <T>(work: () => T) => researcher.workflow("w", work),
      <T>(work: () => T) => researcher.step("s", work),
      <T>(work: () => T) => researcher.enqueue("q").run(work),
    ]) {
      expect(call(() => answer)).toBe(answer);
      expect(await call(async () => answer)).toBe(answer);
      expect(() =>
        call(() => {
          throw error;
        }),
      ).toThrow(error);
      await expect(call(() => Promise.reject(error))).rejects.toBe(error);
    }
    const found = operation("execute_tool t");
    expect(found.traffic.count).toBe(4);
    expect(found.errors.byType).toEqual({ TypeError: 2 });
    expect(found.inFlight).toBe(0);
  });

  it("is in flight while work is under way", async () => {
    const { researcher, operation } = setUp();
    let finish = (_: number): void => {};
    const promise = researcher.model("m", () => new Promise<number>((done) => (finish = done)));
    expect(operation("chat m").inFlight).toBe(1);
    finish(1);
    expect(await promise).toBe(1);
    expect(operation("chat m").inFlight).toBe(0);
  });

  it("keeps properties of a promise, and follows thenables without awaiting them", async () => {
    const { researcher, operation } = setUp();
    const kill = vi.fn();
    const child = researcher.tool("bash", () => Object.assign(sleep(0, "done"), { kill }));
    expect(child.kill).toBe(kill);
    expect(await child).toBe("done");

    let runs = 0;
    const query = {
      // biome-ignore lint/suspicious/noThenProperty: a query builder has one
      then(onValue: (value: number) => unknown) {
        runs++;
        return Promise.resolve(onValue(runs));
      },
    } as unknown as PromiseLike<number>;
    const returned = researcher.tool("query", () => query);
    expect(returned).toBe(query);
    expect(runs).toBe(0);
    expect(operation("execute_tool query").inFlight).toBe(0);
    expect(await returned).toBe(1);
    expect(operation("execute_tool query").traffic.count).toBe(1);
    expect(operation("execute_tool query").inFlight).toBe(0);
  });

  it("is busy with a lazy thenable from when somebody waits for it, not before", async () => {
    const { auspex, researcher, operation, inFlight, faults } = setUp();
    const work = workload(auspex);
    let finish = (_: number): void => {};
    const make = () => {
      const query = {
        // biome-ignore lint/suspicious/noThenProperty: a query builder has one
        then: (onValue: (value: number) => unknown) => void (finish = onValue),
      } as unknown as PromiseLike<number>;
      return researcher.task("query", () => query);
    };
    const query = make();
    expect(work.agents().activeCount).toBe(0);
    expect(work.tasks().running).toBe(0);
    const waiting = (async () => await query)();
    await Promise.resolve();
    expect(work.agents()).toMatchObject({ activeCount: 1, load: { tasks: 1 } });
    expect(work.tasks().running).toBe(1);
    expect(inFlight()).toBe(1);
    finish(7);
    expect(await waiting).toBe(7);
    expect(work.tasks()).toMatchObject({ running: 0, types: [{ done: 1, aborted: 0 }] });
    (() => void make())();
    await collected(() => false, 5);
    expect(work.agents().activeCount).toBe(0);
    expect(work.tasks()).toMatchObject({ running: 0, types: [{ done: 1, aborted: 0 }] });
    expect(operation("task query").traffic.count).toBe(1);
    expect(inFlight()).toBe(0);
    expect(faults()).toEqual({});
    (() => void researcher.run(make))();
    await collected(() => false, 5);
    expect(work.agents().activeCount).toBe(0);
  });

  it("follows a client's promise of a class of its own by whichever of its methods is called", async () => {
    const { researcher, operation, inFlight } = setUp();
    const usage = { prompt_tokens: 1, completion_tokens: 2 };
    const make = <T>(real: Promise<T>): Promise<T> => {
      return researcher.model("m", () => new ApiPromise(real));
    };
    const pending = make(Promise.resolve({ usage }));
    expect(pending).toBeInstanceOf(ApiPromise);
    expect(operation("chat m").inFlight).toBe(1);
    expect((await pending).usage).toBe(usage);
    await pending;
    expect(await make(Promise.reject(new Error("no"))).catch(() => "caught")).toBe("caught");
    const concluded = vi.fn();
    expect(await make(Promise.resolve(7)).finally(concluded)).toBe(7);
    expect(concluded).toHaveBeenCalledOnce();
    expect(operation("chat m").traffic.count).toBe(3);
    expect(operation("chat m").errors.count).toBe(1);
    expect(inFlight()).toBe(0);
  });

  it("ends with `withResponse()` and `asResponse()` of a client's promise, which never call `then`", async () => {
    class Asking<T> extends ApiPromise<T> {
      constructor(private readonly asked: Promise<T>) {
        super(asked);
      }
      async asResponse() {
        await this.asked;
        return { status: 200, ok: true, headers: new Headers() };
      }
      async withResponse() {
        const [data, response] = await Promise.all([this.asked, this.asResponse()]);
        return { data, response, request_id: "r" };
      }
    }
    const { researcher, operation, count, inFlight } = setUp();
    const usage = { prompt_tokens: 10, completion_tokens: 2 };
    const make = (asked: Promise<object> = Promise.resolve({ usage })) => {
      return researcher.model("m", () => new Asking(asked));
    };
    expect((await make().withResponse()).data).toEqual({ usage });
    expect(operation("chat m").traffic.count).toBe(1);
    expect(count("auspex.gen_ai.client.tokens")).toBe(12);
    expect((await make().asResponse()).status).toBe(200);
    expect(operation("chat m").latency.count).toBe(2);
    const refused = () => Promise.reject(new RateLimitError());
    await expect(make(refused()).withResponse()).rejects.toThrow("slow down");
    await expect(make(refused()).asResponse()).rejects.toThrow("slow down");
    expect(operation("chat m").errors.count).toBe(2);
    expect(inFlight()).toBe(0);
  });

  it("waits for a client's promise that somebody awaits, and gives up one that nobody can", async () => {
    const { researcher, inFlight, operation, faults } = setUp();
    let finish = (_: number): void => {};
    const real = new Promise<number>((resolve) => (finish = resolve));
    const make = (): Promise<number> => researcher.model("m", () => new ApiPromise(real));
    const waiting = (async () => await make())();
    (() => void researcher.model("m", () => new ApiPromise(new Promise(() => {}))))();
    expect(inFlight()).toBe(2);
    await collected(() => inFlight() < 2);
    await collected(() => false, 5);
    expect(inFlight()).toBe(1);
    expect(faults()).toEqual({ promise_abandoned: 1 });
    finish(7);
    expect(await waiting).toBe(7);
    expect(operation("chat m").latency.count).toBe(1);
    expect(inFlight()).toBe(0);
  });

  it("leaves a rejection that nobody handles unhandled, and handles none that was handled", async () => {
    const { researcher } = setUp();
    const error = new Error("lost");
    expect(await unhandledIn(() => void researcher.tool("t", () => Promise.reject(error)))).toEqual(
      [error],
    );
    const handled = () => researcher.run(() => Promise.reject(error)).catch(() => {});
    expect(await unhandledIn(handled)).toEqual([]);
  });

  it("counts what nobody wants any more as aborted, and a time limit as an error", async () => {
    const { researcher, operation, count } = setUp();
    const gone = new AbortController();
    const waiting = researcher.model("m", () => sleep(10_000, 1, { signal: gone.signal }));
    gone.abort();
    await expect(waiting).rejects.toThrow("aborted");
    class APIUserAbortError extends Error {}
    await expect(
      researcher.model("m", () => Promise.reject(new APIUserAbortError("aborted"))),
    ).rejects.toThrow();
    expect(operation("chat m").aborted.count).toBe(2);
    expect(operation("chat m").errors.count).toBe(0);

    const late = AbortSignal.timeout(1);
    await expect(
      researcher.model("m", async () => {
        while (!late.aborted) await sleep(1);
        late.throwIfAborted();
      }),
    ).rejects.toThrow();
    const timedOut = Object.assign(new Error("late"), { code: "ETIMEDOUT" });
    expect(() =>
      researcher.tool("t", () => {
        throw timedOut;
      }),
    ).toThrow(timedOut);
    expect(operation("chat m").errors.byType).toEqual({ TimeoutError: 1 });
    expect(count("auspex.agent.timeouts")).toBe(2);
  });

  it("knows an MCP result with isError for a failed tool call", async () => {
    const { researcher, operation } = setUp();
    const result = { content: [], isError: true };
    expect(await researcher.tool("files", async () => result)).toBe(result);
    researcher.tool("files", () => ({ content: [], isError: false }));
    expect(operation("execute_tool files").errors.byType).toEqual({ tool_error: 1 });
    expect(operation("execute_tool files").traffic.count).toBe(2);
  });

  it("wraps a tool that stays the same function but for its records", async () => {
    const { researcher, operation } = setUp();
    const box = {
      factor: 2,
      async times(this: { factor: number }, value: number) {
        return this.factor * value;
      },
    };
    const wrapped = researcher.wrapTool("times", Object.assign(box.times, { about: "doubles" }));
    expect([wrapped.name, wrapped.length, wrapped.about]).toEqual(["times", 1, "doubles"]);
    expect(await wrapped.call(box, 21)).toBe(42);
    expect(operation("execute_tool times").traffic.count).toBe(1);
    expect(researcher.wrapTool("none", undefined as never)).toBeUndefined();
  });

  it.each(Object.keys(HOSTILE))("answers %s as work answered it", (name) => {
    const { researcher, inFlight } = setUp({
      prices: { m: { inputPerMillion: 1, outputPerMillion: 1 } },
    });
    const value = HOSTILE[name]?.();
    for (const call of [
      (work: () => unknown) => researcher.run(work),
      (work: () => unknown) => researcher.model("m", work),
      (work: () => unknown) => researcher.tool("t", work, value),
      (work: () => unknown) => researcher.task("k", work, value as never),
      (work: () => unknown) => researcher.enqueue("q", value as never).run(work),
      (work: () => unknown) => researcher.step(value as never, work),
      (work: () => unknown) => researcher.model(value as never, work),
    ]) {
      expect(
        Object.is(
          call(() => value),
          value,
        ),
      ).toBe(true);
    }
    researcher.bindModel(value as never, value as never).retried();
    researcher.wrapTool(value as never, () => {});
    expect(inFlight()).toBe(0);
  });
});

describe("a run", () => {
  it("counts its model and tool calls, its depth and the runs begun in it", async () => {
    const { auspex, researcher } = setUp();
    const writer = agent(auspex, "writer");
    await researcher.run(async () => {
      for (let i = 0; i < 3; i++) await researcher.model("m", async () => i);
      await Promise.all([1, 2].map(() => writer.run(async () => writer.tool("t", () => 1))));
    });
    const of = (name: string, who: string) =>
      auspex
        .snapshot("total")
        .histograms.find(
          (each) => each.name === name && each.attributes["gen_ai.agent.name"] === who,
        );
    expect(of("gen_ai.invoke_agent.inference_calls", "researcher")).toMatchObject({
      count: 1,
      max: 3,
    });
    expect(of("gen_ai.invoke_agent.tool_calls", "researcher")).toMatchObject({ count: 1, max: 0 });
    expect(of("gen_ai.invoke_agent.tool_calls", "writer")).toMatchObject({ count: 2, max: 1 });
    expect(of("auspex.agent.run.depth", "researcher")).toMatchObject({ count: 1, max: 1 });
    expect(of("auspex.agent.run.depth", "writer")).toMatchObject({ count: 2, max: 2 });
    expect(of("auspex.agent.run.children", "researcher")).toMatchObject({ max: 2 });
    expect(of("auspex.agent.run.children", "writer")).toMatchObject({ max: 0 });
  });

  it("owns calls of other agents and modules within it, and none from outside", async () => {
    const { auspex, researcher, histogram } = setUp();
    const helper = agent(auspex, "helper");
    const deep = async () => {
      await sleep(0);
      return currentAgent()?.model("m", () => helper.tool("t", () => currentAgent()?.name));
    };
    expect(currentAgent()).toBeUndefined();
    const [inside] = await Promise.all([
      researcher.run(deep),
      helper.model("m", async () => sleep(1)),
    ]);
    expect(inside).toBe("researcher");
    expect(histogram("gen_ai.invoke_agent.inference_calls")?.max).toBe(1);
    expect(histogram("gen_ai.invoke_agent.tool_calls")?.max).toBe(1);
    expect(currentAgent()).toBeUndefined();
  });

  it("keeps the stores of the host", async () => {
    const { researcher } = setUp();
    const host = new AsyncLocalStorage<string>();
    const seen = await host.run("request 1", () =>
      researcher.run(async () => {
        await sleep(0);
        const before = host.getStore();
        const within = await host.run("inner", () =>
          researcher.tool("t", async () => host.getStore()),
        );
        return [before, within, host.getStore()];
      }),
    );
    expect(seen).toEqual(["request 1", "inner", "request 1"]);
    expect(host.getStore()).toBeUndefined();
  });

  it("counts a call as a retry that follows a failed one of its kind", async () => {
    const { researcher, count } = setUp();
    const fail = () =>
      Promise.reject(new Error("no")).catch((error) => {
        throw error;
      });
    await researcher.run(async () => {
      await researcher.model("a", fail).catch(() => {});
      await researcher.model("a", fail).catch(() => {});
      await researcher.model("a", async () => 1);
      await researcher.model("a", async () => 1);
      await researcher.tool("t", fail).catch(() => {});
      await researcher.model("a", async () => 1);
      await researcher.tool("t", async () => 1);
    });
    await researcher.model("a", fail).catch(() => {});
    await researcher.model("a", async () => 1);
    expect(count("auspex.agent.retries", { "gen_ai.request.model": "a" })).toBe(2);
    expect(count("auspex.agent.retries", { "gen_ai.tool.name": "t" })).toBe(1);
    researcher.bindModel("a").retried(3);
    researcher.bindTool("t").retried();
    expect(count("auspex.agent.retries")).toBe(7);
  });

  it("counts tool calls with arguments that it has seen", () => {
    const { researcher, count } = setUp();
    const repeated = () => count("auspex.agent.repeated_tool_calls");
    const search = researcher.wrapTool("search", (_query: string, _options?: object) => 1);
    researcher.run(() => {
      researcher.tool("search", () => 1, { query: "a", limit: 5 });
      researcher.tool("search", () => 1, { limit: 5, query: "a" });
      researcher.tool("search", () => 1, { query: "b", limit: 5 });
      researcher.tool("other", () => 1, { query: "a", limit: 5 });
      researcher.tool("search", () => 1);
      researcher.tool("search", () => 1);
      expect(repeated()).toBe(1);
      search("golden", { limit: 1 });
      search("golden", { limit: 1 });
      expect(repeated()).toBe(2);
    });
    researcher.run(() => researcher.tool("search", () => 1, { query: "a", limit: 5 }));
    researcher.tool("search", () => 1, { query: "a", limit: 5 });
    expect(repeated()).toBe(2);
  });

  it("that answers a generator ends with it, and its body is part of the run", async () => {
    const { auspex, researcher, operation, histogram, clock } = setUp();
    const stream = researcher.run(async function* () {
      yield await researcher.model("m", async () => 1);
      clock.advance(50);
      yield await researcher.model("m", async () => 2);
      expect(currentAgent()?.name).toBe("researcher");
    });
    expect(operation("invoke_agent researcher").inFlight).toBe(1);
    const values: number[] = [];
    for await (const value of stream) {
      expect(currentAgent()).toBeUndefined();
      values.push(value);
    }
    expect(values).toEqual([1, 2]);
    expect(histogram("gen_ai.invoke_agent.inference_calls")).toMatchObject({ count: 1, max: 2 });
    expect(operation("invoke_agent researcher").latency.max).toBeCloseTo(50, 0);
    expect(auspex.snapshot("total").self.misuse).toBe(0);
  });
});

describe("concurrency against a limit", () => {
  it("is a saturation of each kind of work that has one", async () => {
    const { researcher, gauge } = setUp({ concurrency: { runs: 4, models: 2 } });
    const runs = () => gauge("auspex.agent.concurrency", { "auspex.agent.work": "runs" });
    const models = () => gauge("auspex.agent.concurrency", { "auspex.agent.work": "models" });
    const open = [1, 2, 3].map(() => researcher.run(() => researcher.model("m", () => sleep(1))));
    expect(runs()).toMatchObject({ value: 3, saturation: 0.75 });
    expect(models()).toMatchObject({ value: 3, saturation: 1 });
    await Promise.all(open);
    expect(runs()).toMatchObject({ value: 0, saturation: 0 });
    expect(gauge("auspex.agent.concurrency", { "auspex.agent.work": "tools" })).toBeUndefined();
  });
});
