import { describe, expect, it } from "vitest";
import type { NotifyError } from "../../../src/alerts/notice.js";
import {
  consoleNotifier,
  dogstatsdNotifier,
  redisNotifier,
} from "../../../src/alerts/notifiers/index.js";
import { noticeLike } from "./notices.js";

const never = new AbortController().signal;

describe("the console", () => {
  it("shows a notice and its probable causes, and no control character", async () => {
    const lines: string[] = [];
    const notifier = consoleNotifier({ write: (text) => void lines.push(text) });
    await notifier.notify(
      noticeLike({
        title: "GET /\u001b[2J is slow",
        incident: {
          id: "i",
          title: "slow",
          sinceMs: 0,
          affectedRatio: 0.2,
          causes: [{ what: "deploy of 1.2.3", likelihood: 0.8, evidence: ["40 s before"] }],
        },
      }),
      never,
    );
    expect(lines[0]).toContain("CRITICAL GET /\u{fffd}[2J is slow");
    expect(lines[0]).toContain("probable cause (80 %): deploy of 1.2.3");
    expect(lines[0]).toContain("40 s before");
  });
});

describe("Redis", () => {
  it("is told on the channel of the topic; when nobody listens that is said", async () => {
    const sent: [string, string][] = [];
    let listeners = 1;
    const client = {
      publish: async (channel: string, message: string) => {
        sent.push([channel, message]);
        return listeners;
      },
    };
    await redisNotifier({ client }).notify(noticeLike(), never);
    await redisNotifier({ client, topic: () => "gpu" }).notify(noticeLike(), never);
    expect(sent.map(([channel]) => channel)).toEqual([
      "events:alerts:critical",
      "events:alerts:gpu",
    ]);
    expect(JSON.parse(sent[0]?.[1] ?? "")).toEqual(noticeLike());
    listeners = 0;
    const failing = redisNotifier({ client }).notify(noticeLike(), never) as Promise<void>;
    const error = (await failing.catch((each) => each)) as NotifyError;
    expect([error.permanent, error.reason]).toEqual([true, "undelivered"]);
  });

  it("needs a client", () => {
    expect(() => redisNotifier({} as never)).toThrow("give an ioredis client");
  });
});

describe("DogStatsD", () => {
  it("is told as an event, and says when it was not sent", async () => {
    const events: object[] = [];
    let status = "success";
    const exporter = {
      event: async (event: object) => {
        events.push(event);
        return { status };
      },
    };
    const notifier = dogstatsdNotifier({ exporter });
    await notifier.notify(noticeLike(), never);
    await notifier.notify(noticeLike({ status: "resolved" }), never);
    expect(events).toMatchObject([
      { title: "GET /cart is slow", aggregationKey: "k1", alertType: "error" },
      { alertType: "success", tags: { service: "shop", dedup_key: "d1" } },
    ]);
    status = "failure";
    await expect(notifier.notify(noticeLike(), never)).rejects.toThrow("not sent");
  });
});
