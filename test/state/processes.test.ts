import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StoreProcesses } from "./processes.js";

let processes: StoreProcesses;
beforeAll(() => {
  processes = new StoreProcesses();
});
afterAll(() => processes.clean());

describe("several processes of one service", () => {
  it("do not overwrite one another, and go on from one another's state after a crash", async () => {
    const options = { service: "crash", directory: processes.folder };
    const workers = Array.from({ length: 4 }, () => processes.start(options));
    // All at once, for the race.
    await Promise.all(workers.map((worker, i) => worker.save("key", `worker ${i}`)));
    const kept = await Promise.all(workers.map((worker) => worker.load("key")));
    expect(kept).toEqual(["worker 0", "worker 1", "worker 2", "worker 3"]);

    await workers[2].kill();
    const restarted = processes.start(options);
    expect(await restarted.load("key")).toBe("worker 2");
    const fifth = processes.start(options);
    expect(await fifth.load("key")).toBeNull();

    await Promise.all([...workers.filter((_, i) => i !== 2), restarted].map((each) => each.kill()));
    const next = Array.from({ length: 4 }, () => processes.start(options));
    const found = await Promise.all(next.map((each) => each.load("key")));
    expect(found.sort()).toEqual(["worker 0", "worker 1", "worker 2", "worker 3"]);
  });

  it("follow one another through orderly restarts without using up slots", async () => {
    const options = { service: "deploys", directory: processes.folder };
    for (let deploy = 0; deploy < 3; deploy++) {
      const worker = processes.start(options);
      expect(await worker.load("key")).toBe(deploy === 0 ? null : String(deploy - 1));
      await worker.save("key", String(deploy));
      await worker.close();
      await worker.kill();
    }
  });
});
