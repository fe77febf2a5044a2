import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { dist } from "../../fleet/members.js";
import { allKeys, until } from "../../helpers/redis.js";
import { redisForAll } from "../../helpers/redis-for-all.js";

const FIXTURE = fileURLToPath(new URL("fixtures/process.mjs", import.meta.url));

interface Told {
  readonly dedupKey: string;
  readonly key: string;
  readonly status: string;
}

interface Message {
  readonly sent?: Told;
  readonly deciding?: Told;
  readonly isTold?: boolean;
}

const server = redisForAll();
let built: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  built = dist();
});
afterEach(async () => {
  await Promise.all([...children].map(kill));
  children.clear();
  await server.flush();
});

/** What receivers got, whoever sent it, and what was about to be sent. */
class Receiver {
  readonly sent: Told[] = [];
  readonly deciding: { readonly by: ChildProcess; readonly told: Told }[] = [];

  /** Words of any process: ten a second come from each. */
  words = 0;

  /** Which processes know that the alert was told of. */
  readonly know = new Set<ChildProcess>();

  async process(): Promise<ChildProcess> {
    const child = fork(FIXTURE, [], {
      execArgv: [],
      env: { ...process.env, ALERTS_DIST: built, ALERTS_REDIS: server.url },
    });
    children.add(child);
    await once(child, "message");
    child.on("message", (message: Message) => {
      this.words++;
      if (message.sent !== undefined) this.sent.push(message.sent);
      if (message.isTold) this.know.add(child);
      if (message.deciding !== undefined) this.deciding.push({ by: child, told: message.deciding });
    });
    return child;
  }

  statuses(): string[] {
    return [...new Map(this.sent.map((told) => [told.dedupKey, told.status])).values()];
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

describe("alerts of processes that share a Redis", () => {
  it("are told of once; a kill between decision and sending loses none and doubles none", async () => {
    const receiver = new Receiver();
    const all = [await receiver.process(), await receiver.process(), await receiver.process()];
    for (const child of all) child.send({ hold: true, fire: true });
    await until(() => receiver.deciding.length > 0);
    const [{ by, told }] = receiver.deciding as [(typeof receiver.deciding)[0]];
    for (const child of all) if (child !== by) child.send({ hold: false });
    await kill(by);
    await until(() => receiver.sent.length > 0);
    expect(receiver.sent).toEqual([told]);

    for (const child of all) if (child !== by) child.send({ fire: false });
    await until(() => receiver.statuses().includes("resolved"));
    expect(receiver.statuses()).toEqual(["firing", "resolved"]);
    expect(new Set(receiver.sent.map(({ key }) => key)).size).toBe(1);
    expect(receiver.sent).toHaveLength(2);
  });

  it("are told of, and told to be over, though Redis freezes for longer than a lease each time", async () => {
    const receiver = new Receiver();
    const all = [await receiver.process(), await receiver.process()];
    const frozen = async (fire: boolean) => {
      server.freeze();
      for (const child of all) child.send({ fire });
      const { words } = receiver;
      // Both talk on: five seconds of a lease of three.
      await until(() => receiver.words - words > 2 * 50);
      server.thaw();
    };
    await frozen(true);
    await until(() => receiver.statuses().includes("firing"));
    await until(() => receiver.know.size === all.length);
    await frozen(false);
    await until(() => receiver.statuses().includes("resolved"));
    expect(receiver.statuses()).toEqual(["firing", "resolved"]);
    expect(new Set(receiver.sent.map(({ key }) => key)).size).toBe(1);
  });

  it("outlive a Redis that comes back empty: none is lost, none told anew", async () => {
    const receiver = new Receiver();
    const all = [await receiver.process(), await receiver.process()];
    for (const child of all) child.send({ fire: true });
    await until(() => receiver.sent.length > 0);
    // Both know that it was told, whichever of them goes on.
    await until(() => receiver.know.size === all.length);
    await server.restart();
    const client = server.client();
    await until(async () => (await allKeys(client)).some((key) => key.includes("ledger")));
    for (const child of all) child.send({ fire: false });
    await until(() => receiver.statuses().includes("resolved"));
    expect(receiver.statuses()).toEqual(["firing", "resolved"]);
  });
});
