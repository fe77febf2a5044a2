import { expect, it, vi } from "vitest";
import { agent, currentAgent } from "../../../src/integrations/agents/index.js";
import { observeAgents } from "../../../src/integrations/agents/observers.js";
import { monitor } from "../../helpers/monitor.js";
import { reading } from "./setup.js";

it("an agent, its runs and its observers are the same for two copies of the library", async () => {
  const auspex = monitor({ saturation: false });
  const researcher = agent(auspex, "researcher");
  vi.resetModules();
  const other = await import("../../../src/integrations/agents/index.js");
  expect(other.agent).not.toBe(agent);
  expect(other.agent(auspex, "researcher")).toBe(researcher);
  const told = vi.fn();
  const others = await import("../../../src/integrations/agents/observers.js");
  others.observeAgents(auspex, { taskStarted: told });
  observeAgents(auspex, { taskStarted: told });
  await researcher.run(async () => {
    expect(other.currentAgent()).toBe(researcher);
    await other.agent(auspex, "writer").run(async () => {
      expect(currentAgent()?.name).toBe("writer");
      other.currentAgent()?.task("t", () => 1);
    });
  });
  expect(told).toHaveBeenCalledTimes(2);
  const { operation } = reading(auspex);
  const depths = auspex
    .snapshot("total")
    .histograms.filter(({ name }) => name === "auspex.agent.run.depth")
    .map(({ max }) => max);
  expect(depths.sort()).toEqual([1, 2]);
  expect(operation("task t").traffic.count).toBe(1);
});
