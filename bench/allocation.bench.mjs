// Bytes allocated per request, watched ÷ bare, by the growth of the heap while nothing is collected.
// Needs --expose-gc and room for what a block allocates; rows.mjs has the flags.
import { setImmediate as nextTurn } from "node:timers/promises";
import { scenario } from "./lib/children.mjs";
import { connections, instrumentations, servers } from "./lib/requests.mjs";
import { figure, median } from "./lib/statistics.mjs";

const REQUESTS = 512;
const BLOCKS = 40;
const WARM_UP = 40_000;

async function bytesPerRequest(work) {
  // Only the young generation: a full collection would clear what V8 has learnt about shapes, and
  // relearning it allocates.
  globalThis.gc({ type: "minor" });
  await nextTurn();
  const before = process.memoryUsage().heapUsed;
  await work(REQUESTS);
  return (process.memoryUsage().heapUsed - before) / REQUESTS;
}

const contenders = {};
for (const [name, [framework, instrument]] of Object.entries(instrumentations)) {
  contenders[name] = async () => {
    const bare = connections(await servers[framework]());
    const watched = connections(await servers[framework](instrument));
    for (const work of [bare, watched]) await work(WARM_UP);
    const bytes = { bare: [], watched: [] };
    const ratios = [];
    for (let block = 0; block < BLOCKS; block++) {
      const a = await bytesPerRequest(bare);
      const b = await bytesPerRequest(watched);
      bytes.bare.push(a);
      bytes.watched.push(b);
      ratios.push(b / a);
    }
    const bareBytes = median(bytes.bare);
    return {
      bytes: { ...figure(ratios), bareBytes, addedBytes: median(bytes.watched) - bareBytes },
    };
  };
}

await scenario(contenders);
