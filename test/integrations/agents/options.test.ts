import { describe, expect, it } from "vitest";
import { agent } from "../../../src/integrations/agents/index.js";
import { HOSTILE } from "../../helpers/hostile.js";
import { manualMonitor } from "../../helpers/monitor.js";

describe("the options of an agent", () => {
  it("are all checked at once, each fault with its mend", () => {
    const { auspex } = manualMonitor();
    const faulty = {
      provider: 7,
      prices: { "gpt-x": { inputPerMillion: -1, perMillion: 1 }, other: null },
      currency: "",
      contextLimit: { "gpt-x": "long" },
      concurrency: { runs: 0, agents: 1 },
      queueCapacity: Number.NaN,
      colour: "red",
    };
    let message = "";
    try {
      agent(auspex, "researcher", faulty as never);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.split("; ").length).toBeGreaterThan(10);
    for (const fault of [
      "agent: colour is no option; there are provider, prices, currency",
      "provider is 7; give a text, or nothing",
      'currency is ""; give a text, or nothing',
      'prices["gpt-x"].perMillion is no option',
      'prices["gpt-x"].inputPerMillion is -1; give a number from 0 up',
      'prices["gpt-x"].outputPerMillion is undefined; give a number from 0 up',
      'prices["other"] is null; give an object with inputPerMillion',
      'contextLimit["gpt-x"] is "long"; give a number from 1 up',
      "concurrency.runs is 0; give a number from 1 up",
      "concurrency.agents is no option; there are runs, models, tools, tasks",
      "queueCapacity is NaN; give a number from 1 up",
    ]) {
      expect(message).toContain(fault);
    }
    // What was refused is not there: with good options it may be made.
    expect(agent(auspex, "researcher", { concurrency: 2 }).name).toBe("researcher");
  });

  it("are copied: a table changed later changes nothing", () => {
    const { auspex } = manualMonitor();
    const prices = { m: { inputPerMillion: 1, outputPerMillion: 1 } };
    const researcher = agent(auspex, "researcher", { prices });
    prices.m.inputPerMillion = 1000;
    researcher.model("m", () => ({ usage: { input: 1_000_000, output: 0 } }));
    const cost = auspex
      .snapshot("total")
      .counters.find(({ name }) => name === "auspex.gen_ai.client.cost");
    expect(cost?.count).toBeCloseTo(1);
  });

  it.each(Object.keys(HOSTILE))("that are %s are taken or refused, and break nothing", (name) => {
    const { auspex } = manualMonitor();
    const fields = [
      "provider",
      "prices",
      "currency",
      "contextLimit",
      "concurrency",
      "queueCapacity",
    ];
    const all = [
      () => agent(auspex, "a", HOSTILE[name]?.() as never),
      ...fields.map((field) => () => agent(auspex, field, { [field]: HOSTILE[name]?.() })),
      () => agent(auspex, "p", { prices: { m: HOSTILE[name]?.() } } as never),
    ];
    for (const make of all) {
      try {
        make();
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(/^agent: /);
      }
    }
    expect(agent(auspex, "a").run(() => 1)).toBe(1);
  });
});
