import { type Notice, type Notifier, NotifyError } from "../notice.js";
import { optionsOf } from "./options.js";

/** What is needed of an ioredis client. */
export interface Publisher {
  publish(channel: string, message: string): Promise<number>;
}

export interface RedisNotifierOptions {
  /** An ioredis client of the host's; it is used, never closed. */
  readonly client: Publisher;
  /** The channel is `events:alerts:<topic>`. @default the severity */
  readonly topic?: string | ((notice: Notice) => string);
  /** @default "redis" */
  readonly name?: string;
}

/**
 * Publishes each notice as JSON to the channel `events:alerts:<topic>`.
 *
 * A message that reaches no subscriber is counted as undelivered, and not sent again: there is nobody.
 * @throws NotifierOptionsError listing every fault
 */
export function redisNotifier(given: RedisNotifierOptions): Notifier {
  const known = ["client", "topic", "name"] as const;
  const options = optionsOf("redisNotifier", given, known, ({ client, topic }, checks) => {
    const { publish } = checks.fields("client.", client, ["publish"]);
    if (typeof publish !== "function") {
      checks.fault("client has no publish(channel, message); give an ioredis client");
    }
    checks.type("topic", topic, ["string", "function"], "give a name, or a function of a notice");
  });
  const { client, topic = ({ severity }: Notice) => severity, name = "redis" } = options;
  return {
    name,
    async notify(notice) {
      const of = typeof topic === "function" ? topic(notice) : topic;
      const reached = await (client as Publisher).publish(
        `events:alerts:${of}`,
        JSON.stringify(notice),
      );
      if (reached > 0) return;
      throw new NotifyError("nobody listens", { permanent: true, reason: "undelivered" });
    },
  };
}
