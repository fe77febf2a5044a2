import { describe, expect, it } from "vitest";
import {
  ChannelListener,
  type Ear,
  type Ears,
} from "../../../src/exporters/redis/channel-listener.js";
import { ManualClock } from "../../helpers/manual-clock.js";

/** A connection of the test's own: it answers, hears and ends as the test says. */
class FakeEar implements Ear {
  asked: readonly string[] = [];
  isClosed = false;
  answers = true;
  say: (name: string, message: string) => void = () => {};
  end = (): void => {};

  constructor(private readonly subscribes: () => Promise<void>) {}

  async subscribe(names: readonly string[]): Promise<void> {
    this.asked = names;
    await this.subscribes();
  }

  onMessage(hear: (name: string, message: string) => void): void {
    this.say = hear;
  }

  onEnd(ended: () => void): void {
    this.end = ended;
  }

  async ping(): Promise<void> {
    if (!this.answers) throw new Error("no answer");
  }

  close(): void {
    this.isClosed = true;
  }
}

class FakeEars implements Ears {
  readonly made: FakeEar[] = [];
  isThere = true;
  isCalledOff = false;
  subscribes = async (): Promise<void> => {};

  async connect(): Promise<Ear> {
    if (!this.isThere || this.isCalledOff) throw new Error("refused");
    const ear = new FakeEar(() => this.subscribes());
    this.made.push(ear);
    return ear;
  }

  callOff(): void {
    this.isCalledOff = true;
  }
}

/** All promises that are settled have had their say. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

async function listening(ears = new FakeEars()) {
  const clock = new ManualClock();
  const heard: string[] = [];
  const listener = new ChannelListener(
    ears,
    ["a", "b"],
    (name, message) => void heard.push(`${name}: ${message}`),
    { disconnects: 0 },
    clock,
  );
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settled();
  };
  await settled();
  return { clock, ears, heard, listener, pass };
}

describe("a listener", () => {
  it("asks for its channels, and hears what is said on them", async () => {
    const { ears, heard, listener } = await listening();
    expect(listener.isConnected).toBe(true);
    expect(ears.made[0].asked).toEqual(["a", "b"]);
    ears.made[0].say("a", "1");
    ears.made[0].say("b", "2");
    expect(heard).toEqual(["a: 1", "b: 2"]);
  });

  it("connects anew after a loss, within the first backoff", async () => {
    const { ears, heard, listener, pass } = await listening();
    ears.made[0].end();
    expect(listener.isConnected).toBe(false);
    await pass(49);
    expect(listener.isConnected).toBe(false);
    await pass(51);
    expect(listener.isConnected).toBe(true);
    expect(listener.tally).toEqual({ disconnects: 1 });
    ears.made[1].say("a", "again");
    expect(heard).toEqual(["a: again"]);
  });

  it("waits twice as long after each failure, five seconds at most, and begins anew after success", async () => {
    const { ears, listener, pass } = await listening();
    ears.isThere = false;
    ears.made[0].end();
    for (const longestMs of [100, 200, 400, 800, 1600, 3200, 5000, 5000]) {
      const { disconnects } = listener.tally;
      let waitedMs = 0;
      for (; listener.tally.disconnects === disconnects; waitedMs++) await pass(1);
      expect(waitedMs).toBeGreaterThanOrEqual(longestMs / 2);
      expect(waitedMs).toBeLessThanOrEqual(longestMs);
    }
    ears.isThere = true;
    await pass(5000);
    expect(listener.isConnected).toBe(true);
    ears.made[1].end();
    await pass(100);
    expect(listener.isConnected).toBe(true);
  });

  it("drops a connection that does not answer any more", async () => {
    const { ears, listener, pass } = await listening();
    await pass(10_000);
    await pass(10_000);
    expect(listener.isConnected).toBe(true);
    ears.made[0].answers = false;
    await pass(10_000);
    expect(ears.made[0].isClosed).toBe(true);
    await pass(100);
    expect(ears.made).toHaveLength(2);
    expect(listener.isConnected).toBe(true);
    expect(listener.tally).toEqual({ disconnects: 1 });
  });

  it("is not disturbed by the end of a connection that it has let go of", async () => {
    const { clock, ears, listener, pass } = await listening();
    ears.made[0].end();
    await pass(100);
    ears.made[0].end();
    expect(listener.isConnected).toBe(true);
    expect(listener.tally).toEqual({ disconnects: 1 });
    expect(clock.pending).toBe(1);
  });

  it("closes a connection that takes no channels, and tries another", async () => {
    const refusing = new FakeEars();
    refusing.subscribes = async () => {
      throw new Error("NOPERM");
    };
    const { ears, listener, pass } = await listening(refusing);
    expect(ears.made[0].isClosed).toBe(true);
    expect(listener.isConnected).toBe(false);
    ears.subscribes = async () => {};
    await pass(100);
    expect(listener.isConnected).toBe(true);
  });

  it("leaves nothing behind when it is closed, and hears no more", async () => {
    const { clock, ears, heard, listener, pass } = await listening();
    listener.close();
    listener.close();
    ears.made[0].say("a", "late");
    ears.made[0].end();
    await pass(60_000);
    expect(heard).toEqual([]);
    expect([listener.isConnected, ears.isCalledOff, ears.made[0].isClosed]).toEqual([
      false,
      true,
      true,
    ]);
    expect(ears.made).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("closes a connection that is there only after it was closed", async () => {
    const slow = new FakeEars();
    let subscribed = (): void => {};
    slow.subscribes = () => new Promise((resolve) => (subscribed = resolve));
    const { clock, ears, listener } = await listening(slow);
    listener.close();
    subscribed();
    await settled();
    expect(listener.isConnected).toBe(false);
    expect(ears.made[0].isClosed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
