// An agent: every turn asks a model, which answers or asks for a tool. Here both are made up.
import { setTimeout as sleep } from "node:timers/promises";
import { createAuspex } from "auspex";

const auspex = createAuspex({ service: "researcher" });
const turn = auspex.operation("agent turn", { "gen_ai.agent.name": "researcher" });
const chat = auspex.operation("chat", { "gen_ai.request.model": "some-model" });
const search = auspex.operation("execute tool", { "gen_ai.tool.name": "search" });
const tokens = auspex.counter("gen_ai.tokens", { unit: "{token}" });
const tokensIn = tokens.bind({ "gen_ai.token.type": "input" });
const tokensOut = tokens.bind({ "gen_ai.token.type": "output" });

async function model(messages) {
  await sleep(20 + 30 * Math.random());
  const usage = { input: 50 * messages.length, output: 12 };
  return messages.length < 4 ? { tool: "search", usage } : { answer: "42", usage };
}

for (const question of ["why", "how", "when"]) {
  await turn.run(async () => {
    const messages = [question];
    for (;;) {
      const reply = await chat.run(() => model(messages));
      tokensIn.add(reply.usage.input);
      tokensOut.add(reply.usage.output);
      if (reply.answer !== undefined) return;
      messages.push(await search.run(() => sleep(10, "a finding")));
    }
  });
}

const { operations, counters } = auspex.snapshot("1m");
for (const { name, traffic, latency } of operations) {
  console.log(`${name}: ${traffic.count}, p50 ${latency.p50} ms`);
}
for (const { name, attributes, count } of counters) {
  if (name === "gen_ai.tokens") console.log(`${attributes["gen_ai.token.type"]}: ${count} tokens`);
}
