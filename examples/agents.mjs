// Three agents, a queue of tasks, and a model behind HTTP that streams its answers, now and then refuses,
// and is made up. What the monitor knows of them in the end is printed as a table.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createAuspex } from "auspex";
import { agent } from "auspex/agents";

// The model: words as server-sent events, the token usage in the last one, every tenth call refused.
let calls = 0;
const server = createServer(async (_request, response) => {
  if (++calls % 10 === 0) return response.writeHead(429, { "retry-after": "1" }).end();
  response.setHeader("content-type", "text/event-stream");
  const send = (event) => response.write(`data: ${JSON.stringify(event)}\n\n`);
  await sleep(10);
  for (const word of ["The", "answer", "is", "42"]) {
    send({ choices: [{ delta: { content: word } }], usage: null });
    await sleep(3);
  }
  send({ choices: [], usage: { prompt_tokens: 120, completion_tokens: 4 } });
  response.end();
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

// A client for it, as any SDK is one: an async iterable of events, or an error with a status.
async function* chat(prompt) {
  const body = JSON.stringify({ prompt });
  const url = `http://127.0.0.1:${server.address().port}/chat`;
  const response = await fetch(url, { method: "POST", body });
  if (!response.ok) {
    await response.text();
    throw Object.assign(new Error("refused"), {
      name: "RateLimitError",
      status: response.status,
      headers: response.headers,
    });
  }
  for await (const bytes of response.body) {
    for (const line of Buffer.from(bytes).toString().split("\n\n")) {
      if (line !== "") yield JSON.parse(line.slice("data: ".length));
    }
  }
}

const auspex = createAuspex({ service: "newsroom", saturation: false });
const models = {
  provider: "local",
  prices: { "some-model": { inputPerMillion: 2, outputPerMillion: 8 } },
  contextLimit: 1000,
};
const editor = agent(auspex, "editor", { ...models, queueCapacity: 20 });
const researcher = agent(auspex, "researcher", models);
const writer = agent(auspex, "writer", { ...models, concurrency: 4 });

// Asks until there is an answer: a call after one that failed is counted as a retry.
async function ask(who, prompt) {
  for (;;) {
    try {
      let text = "";
      for await (const { choices } of who.model("some-model", () => chat(prompt))) {
        text += choices[0]?.delta.content ?? "";
      }
      return text;
    } catch {
      await sleep(20);
    }
  }
}

const search = researcher.wrapTool("search", async (query) => {
  await sleep(5);
  return `a finding about ${query}`;
});

const research = (topic) =>
  researcher.run(async () => {
    const query = await ask(researcher, `What to look for about ${topic}?`);
    await search(query);
    return search(query); // the same once more: a loop begins like this
  });

const write = (topic) =>
  writer.run(() =>
    writer.workflow("article", async () => {
      const facts = await writer.step("research", () => research(topic));
      return writer.step("draft", () => ask(writer, facts));
    }),
  );

// Eight articles wait in the editor's queue; three are in work at a time.
const queue = ["owls", "tides", "moss", "glass", "salt", "rust", "kites", "bees"].map((topic) => ({
  topic,
  task: editor.enqueue("article", { limitMs: 5000 }),
}));
await Promise.all(
  [1, 2, 3].map(async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { topic, task } = next;
      await task.run(() => write(topic));
    }
  }),
);
server.close();

const { operations, counters, histograms, saturation } = auspex.snapshot("1m");
console.log("agent       operation                    calls  errors  p50 ms  p99 ms");
for (const { name, attributes, traffic, errors, latency } of operations) {
  const who = attributes["gen_ai.agent.name"];
  if (who === undefined) continue; // the requests themselves are there, too
  const figures = [traffic.count, errors.count, latency.p50.toFixed(1), latency.p99.toFixed(1)];
  const [first, ...rest] = figures.map(String);
  console.log(
    who.padEnd(12) + name.padEnd(28),
    first.padStart(5),
    ...rest.map((x) => x.padStart(7)),
  );
}

const sum = (wanted) => {
  return counters.reduce((all, { name, count }) => (name === wanted ? all + count : all), 0);
};
const seconds = (wanted) => {
  const found = histograms.filter(({ name }) => name === wanted);
  return Math.max(...found.map(({ p50 }) => p50)) * 1000;
};
console.log(
  `tokens ${sum("auspex.gen_ai.client.tokens")}, cost ${sum("auspex.gen_ai.client.cost").toFixed(5)} USD`,
);
console.log(
  `retries ${sum("auspex.agent.retries")}, refused ${sum("auspex.gen_ai.client.rate_limited")}`,
);
console.log(`repeated tool calls ${sum("auspex.agent.repeated_tool_calls")}`);
console.log(
  `first chunk after ${seconds("gen_ai.client.operation.time_to_first_chunk").toFixed(0)} ms`,
);
console.log(`waited in the queue ${seconds("auspex.agent.task.wait.duration").toFixed(0)} ms`);
for (const { name, saturation: full } of saturation) {
  if (full !== undefined) console.log(`${name}: ${Math.round(100 * full)} % full`);
}
