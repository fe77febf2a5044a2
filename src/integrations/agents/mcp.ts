import type { Mcp, McpSession, McpSide } from "./api.js";
import { Bound } from "./bound.js";
import { Call } from "./call.js";
import { Context, type Shared } from "./context.js";
import { Named, nameWithoutIds } from "./names.js";
import { isToolError, TOOL_ERROR } from "./tool.js";

/** Methods that one end tells apart, and tools of each. */
const MAX_METHODS = 100;
const MAX_TOOLS = 500;

/** One end, of whatever connections. */
export class McpEnd implements Mcp {
  readonly #context: Context;
  readonly #side: McpSide;
  readonly #methods: Named<McpBound>;
  readonly #toolsByMethod: Named<Named<McpBound>>;
  #sessions: SessionBound | undefined;

  constructor(shared: Shared, side: McpSide) {
    const context = new Context(shared, {});
    const named = <T>(limit: number, make: (name: string) => T) => {
      return new Named(make, nameWithoutIds, limit, () => context.fault("name_limit"));
    };
    this.#context = context;
    this.#side = side;
    this.#methods = named(MAX_METHODS, (method) => new McpBound(context, side, method));
    this.#toolsByMethod = named(MAX_METHODS, (method) => {
      return named(MAX_TOOLS, (tool) => new McpBound(context, side, method, tool));
    });
  }

  request<T>(method: string, work: () => T, tool?: string): T {
    const isPlain = tool === undefined;
    const bound = isPlain ? this.#methods.get(method) : this.#toolsByMethod.get(method).get(tool);
    return bound.call(work);
  }

  session(): McpSession {
    this.#sessions ??= new SessionBound(this.#context, this.#side);
    return new OpenSession(this.#sessions);
  }
}

class McpBound extends Bound {
  constructor(context: Context, side: McpSide, method: string, tool?: string) {
    const of = method.startsWith("prompts/") ? "gen_ai.prompt.name" : "gen_ai.tool.name";
    super(context, {
      key: side === "client" ? "mcpClient" : "mcpServer",
      title: tool === undefined ? method : `${method} ${tool}`,
      attributes: { "mcp.method.name": method, ...(tool === undefined ? {} : { [of]: tool }) },
    });
  }

  call<T>(work: () => T): T {
    this.enter();
    return new McpCall(this, this.now()).run(work);
  }
}

class McpCall extends Call {
  protected override inspect(value: unknown): object | string | undefined {
    return isToolError(value) ? TOOL_ERROR : super.inspect(value);
  }
}

class SessionBound extends Bound {
  constructor(context: Context, side: McpSide) {
    super(context, {
      key: side === "client" ? "mcpClientSession" : "mcpServerSession",
      title: "mcp session",
      attributes: {},
    });
  }
}

class SessionCall extends Call {
  /** @param handle - ends it; once that is out of reach nobody can */
  constructor(bound: Bound, handle: object) {
    super(bound, bound.now());
    bound.enter();
    this.endsBy(handle, "session_abandoned");
  }
}

class OpenSession implements McpSession {
  readonly #call: SessionCall;

  constructor(sessions: Bound) {
    this.#call = new SessionCall(sessions, this);
  }

  end(error?: unknown): void {
    if (error === undefined) this.#call.end();
    else this.#call.fail(error);
  }
}
