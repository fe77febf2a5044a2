import type { Redis } from "ioredis";
import type { Ear, Ears } from "./channel-listener.js";
import { connected, drop, isCluster } from "./client.js";
import { type ClientMaker, ofServer } from "./target.js";
import { Stop, within } from "./within.js";

/** Connections to Redis that hear. Of a Cluster to one node: every message reaches all of them. */
export class RedisEars implements Ears {
  readonly #stop = new Stop();

  /** @param by - whether what is listened to are channels, or patterns of them */
  constructor(
    private readonly maker: ClientMaker,
    private readonly timeoutMs: number,
    private readonly by: "channel" | "pattern",
  ) {}

  async connect(): Promise<Ear> {
    const client = await this.#client();
    const isByPattern = this.by === "pattern";
    return {
      subscribe: (names) => {
        return this.#soon(isByPattern ? client.psubscribe(...names) : client.subscribe(...names));
      },
      onMessage: (hear) => {
        if (isByPattern) client.on("pmessage", (pattern, _, message) => hear(pattern, message));
        else client.on("message", hear);
      },
      onEnd: (ended) => void client.once("end", ended),
      ping: () => this.#soon(client.ping()),
      close: () => drop(client),
    };
  }

  callOff(): void {
    this.#stop.stop();
  }

  async #client(): Promise<Redis> {
    const { maker, timeoutMs } = this;
    const client = await connected(maker, timeoutMs, this.#stop);
    if (!isCluster(client)) return client;
    const masters = client.nodes("master");
    const node = masters[Math.floor(Math.random() * masters.length)];
    drop(client);
    const make = async () => node.duplicate(ofServer(timeoutMs));
    return (await connected({ ...maker, make }, timeoutMs, this.#stop)) as Redis;
  }

  async #soon(work: Promise<unknown>): Promise<void> {
    await within(this.timeoutMs, this.maker.where, work, this.#stop);
  }
}
