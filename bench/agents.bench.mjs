// What instrumented agent code costs beyond the same code bare: a call of a model and of a tool, and a
// chunk of a stream. Once as it stands and once within a run, where Node 20 makes every promise dearer
// for any AsyncLocalStorage: for the bare twin, too.
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { added, sink } from "./lib/timing.mjs";

const answer = {
  id: "answer",
  choices: [{ message: { role: "assistant", content: "42" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 812, completion_tokens: 41, total_tokens: 853 },
};
const found = { content: [{ type: "text", text: "a finding" }] };
const args = { query: "golden signals of agents", limit: 5 };
const chunk = {
  id: "answer",
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta: { content: " word" }, finish_reason: null }],
  usage: null,
};

/** Two loops with code of their own: one loop would inline one callee and call the other. */
function loops(bare, work) {
  const loop = new Function(
    "call",
    "sink",
    `return async (times) => {
      for (let i = 0; i < times; i++) sink.object = await call(i);
    };`,
  );
  return [loop(bare, sink), loop(work, sink)];
}

const CHUNKS = 100;

async function* stream() {
  for (let i = 0; i < CHUNKS; i++) yield chunk;
}

/** One repetition is a chunk; the stream's own costs, spread over its chunks, are in it. */
function streams(open) {
  const read = new Function(
    "open",
    "CHUNKS",
    "sink",
    `return async (times) => {
      for (let i = 0; i < times; i += CHUNKS) {
        for await (const chunk of await open()) sink.object = chunk;
      }
    };`,
  );
  return read(open, CHUNKS, sink);
}

async function measured(researcher) {
  const gpt = researcher.bindModel("some-model");
  const search = researcher.bindTool("search");
  const wrapped = researcher.wrapTool("search", async () => found);
  const bareModel = async () => answer;
  const bareTool = async () => found;
  const chunked = { multiple: CHUNKS, blockMs: 2 };
  return {
    model: await added(...loops(bareModel, () => researcher.model("some-model", bareModel))),
    "model, bound": await added(...loops(bareModel, () => gpt.call(bareModel))),
    tool: await added(...loops(bareTool, () => researcher.tool("search", bareTool))),
    "tool, bound": await added(...loops(bareTool, () => search.call(bareTool))),
    "tool, arguments told": await added(...loops(bareTool, () => search.call(bareTool, args))),
    "tool, wrapped": await added(
      ...loops(
        () => bareTool(args),
        () => wrapped(args),
      ),
    ),
    chunk: await added(
      streams(async () => stream()),
      streams(() => gpt.call(async () => stream())),
      chunked,
    ),
  };
}

await scenario({
  async auspex() {
    const { createAuspex } = await library();
    const { agent } = await library("agents");
    const auspex = createAuspex({ service: "bench", saturation: false });
    const researcher = agent(auspex, "researcher");
    const results = await measured(researcher);
    const within = await researcher.run(() => measured(researcher));
    for (const [name, figure] of Object.entries(within)) results[`${name}, within a run`] = figure;
    results.run = await added(
      ...loops(
        async () => answer,
        () => researcher.run(async () => answer),
      ),
    );
    return results;
  },
});
