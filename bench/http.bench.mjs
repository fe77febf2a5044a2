// What watching adds to the time of a request, by blocks in ABBA order within one process, on real
// IncomingMessage and ServerResponse objects whose sockets lead nowhere.
import { scenario } from "./lib/children.mjs";
import { CONCURRENT, driver, instrumentations, servers } from "./lib/requests.mjs";
import { added } from "./lib/timing.mjs";

const contenders = {};
for (const [name, [framework, instrument]] of Object.entries(instrumentations)) {
  contenders[name] = async () => {
    const bare = driver(await servers[framework]());
    const watched = driver(await servers[framework](instrument));
    // Express is not itself before 40,000 requests.
    const options = { warmUp: 40_000, quads: 400, blockMs: 1, multiple: CONCURRENT };
    const time = await added(bare, watched, options);
    return { time: { ...time, share: time.ns / time.bareNs } };
  };
}

await scenario(contenders);
