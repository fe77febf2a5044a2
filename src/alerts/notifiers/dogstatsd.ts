import { type Notice, type Notifier, NotifyError } from "../notice.js";
import { optionsOf } from "./options.js";

/** What is needed of `statsd({ dialect: "dogstatsd" })`. */
export interface EventSender {
  event(event: {
    readonly title: string;
    readonly text?: string;
    readonly timeMs?: number;
    readonly aggregationKey?: string;
    readonly alertType?: "error" | "warning" | "info" | "success";
    readonly tags?: Readonly<Record<string, string>>;
  }): Promise<{ readonly status: string }>;
}

export interface DogstatsdNotifierOptions {
  /** The monitor's own exporter: `statsd({ dialect: "dogstatsd" })`. */
  readonly exporter: EventSender;
  /** @default "dogstatsd" */
  readonly name?: string;
}

const TYPES = { critical: "error", warning: "warning", info: "info" } as const;

/**
 * Puts each notice into Datadog's stream of events. UDP says nothing of what became of it.
 *
 * @throws NotifierOptionsError listing every fault
 */
export function dogstatsdNotifier(given: DogstatsdNotifierOptions): Notifier {
  const known = ["exporter", "name"] as const;
  const options = optionsOf("dogstatsdNotifier", given, known, ({ exporter }, checks) => {
    const { event } = checks.fields("exporter.", exporter, ["event"]);
    if (typeof event !== "function") {
      checks.fault('exporter has no event(…); give statsd({ dialect: "dogstatsd" })');
    }
  });
  const { exporter, name = "dogstatsd" } = options;
  return {
    name,
    async notify(notice: Notice) {
      const { status, severity, title, text, key, service, timeMs } = notice;
      const { status: sent } = await (exporter as EventSender).event({
        title,
        text,
        timeMs,
        aggregationKey: key,
        alertType: status === "resolved" ? "success" : TYPES[severity],
        tags: { service, status, severity, dedup_key: notice.dedupKey },
      });
      if (sent !== "success")
        throw new NotifyError("the event was not sent", { reason: "network" });
    },
  };
}
