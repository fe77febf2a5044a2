import { describe, expect, it } from "vitest";
import { mcp } from "../../../src/integrations/agents/index.js";
import { HOSTILE } from "../../helpers/hostile.js";
import { collected, setUp } from "./setup.js";

describe("MCP", () => {
  it("has its requests under the names of the conventions, by side, method and tool", async () => {
    const { auspex, operation } = setUp();
    const client = mcp(auspex);
    expect(mcp(auspex, "client")).toBe(client);
    await client.request("tools/call", async () => ({ content: [], isError: true }), "search");
    client.request("tools/call", () => ({ content: [] }), "search");
    client.request("tools/list", () => []);
    client.request("prompts/get", () => 1, "review");
    mcp(auspex, "server").request("resources/read", () => 1);
    const call = operation("tools/call search");
    expect(call.instrument).toBe("mcp.client.operation.duration");
    expect(call.attributes).toEqual({
      "mcp.method.name": "tools/call",
      "gen_ai.tool.name": "search",
    });
    expect(call.errors.byType).toEqual({ tool_error: 1 });
    expect(operation("tools/list").attributes).toEqual({ "mcp.method.name": "tools/list" });
    expect(operation("prompts/get review").attributes).toMatchObject({
      "gen_ai.prompt.name": "review",
    });
    expect(operation("resources/read").instrument).toBe("mcp.server.operation.duration");
  });

  it("tells its client's errors apart by their code, a timeout among them", async () => {
    const { auspex, researcher, operation, count } = setUp();
    class McpError extends Error {
      constructor(readonly code: unknown) {
        super(`MCP error ${code}`);
      }
    }
    for (const code of [-32001, -32602, "own", Number.NaN]) {
      const work = () => Promise.reject(new McpError(code));
      await expect(mcp(auspex).request("tools/call", work, "search")).rejects.toThrow(McpError);
      await expect(researcher.tool("search", work)).rejects.toThrow(McpError);
    }
    const byType = { "-32001": 1, "-32602": 1, McpError: 1, own: 1 };
    expect(operation("tools/call search").errors.byType).toEqual(byType);
    expect(operation("execute_tool search").errors.byType).toEqual(byType);
    expect(count("auspex.agent.timeouts")).toBe(2);
  });

  it("has sessions that last from their beginning to their end", async () => {
    const { auspex, clock, operation, faults } = setUp();
    const session = mcp(auspex).session();
    expect(operation("mcp session")).toMatchObject({
      inFlight: 1,
      instrument: "mcp.client.session.duration",
    });
    clock.advance(5000);
    session.end();
    session.end(new Error("too late"));
    expect(operation("mcp session").latency.max).toBeCloseTo(5000, -2);
    mcp(auspex).session().end(new TypeError("cut"));
    expect(operation("mcp session").errors.byType).toEqual({ TypeError: 1 });
    (() => void mcp(auspex).session())();
    await collected(() => operation("mcp session").inFlight === 0);
    expect(operation("mcp session").inFlight).toBe(0);
    expect(operation("mcp session").aborted.count).toBe(1);
    expect(faults()).toEqual({ session_abandoned: 1 });
  });

  it.each(Object.keys(HOSTILE))("takes %s for a method, a tool or a side", (name) => {
    const { auspex } = setUp();
    const hostile = HOSTILE[name]?.() as never;
    expect(mcp(auspex, hostile).request(hostile, () => 7, hostile)).toBe(7);
  });
});
