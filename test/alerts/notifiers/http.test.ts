import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Notifier, NotifyError } from "../../../src/alerts/notice.js";
import { refusal } from "../../../src/alerts/notifiers/address.js";
import {
  alertmanager,
  NotifierOptionsError,
  pagerDuty,
  SIGNATURE_HEADER,
  slack,
  verifySignature,
  webhook,
} from "../../../src/alerts/notifiers/index.js";
import { alertLike, noticeLike } from "./notices.js";

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function receiver(answer: (response: ServerResponse) => void = (each) => each.end("ok")) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      received.push({ url: request.url ?? "", headers: request.headers, body });
      answer(response);
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { received, url: `http://127.0.0.1:${port}`, named: `http://localhost:${port}` };
}

const never = new AbortController().signal;

async function failureOf(notifier: Notifier, signal = never): Promise<NotifyError> {
  try {
    await notifier.notify(noticeLike(), signal);
  } catch (error) {
    if (error instanceof NotifyError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("a webhook", () => {
  it("gets the notice as JSON, with a key to drop doubles by and a signature to trust", async () => {
    const { received, named } = await receiver();
    const notifier = webhook({
      url: `${named}/hook`,
      secret: "s3cret",
      headers: { "X-Team": "a" },
    });
    await notifier.notify(noticeLike(), never);
    const [{ url, headers, body }] = received as [Received];
    expect(url).toBe("/hook");
    expect(JSON.parse(body)).toEqual(noticeLike());
    expect(headers["x-team"]).toBe("a");
    expect(headers["x-auspex-dedup-key"]).toBe("d1");
    const signature = headers[SIGNATURE_HEADER] as string;
    expect(verifySignature("s3cret", body, signature)).toBe(true);
    expect(verifySignature("other", body, signature)).toBe(false);
    expect(verifySignature("s3cret", `${body} `, signature)).toBe(false);
    expect(verifySignature("s3cret", body, signature, Date.now() + 301_000)).toBe(false);
    expect(verifySignature("s3cret", body, undefined)).toBe(false);
  });

  for (const [status, permanent] of [
    [500, false],
    [503, false],
    [429, false],
    [408, false],
    [400, true],
    [404, true],
    [301, true],
    [302, true],
  ] as const) {
    it(`that answers ${status} is ${permanent ? "given up" : "tried again"}`, async () => {
      const { received, url } = await receiver((response) => {
        response.writeHead(status, {
          location: "http://127.0.0.1:1/elsewhere",
          "retry-after": "7",
        });
        response.end();
      });
      const error = await failureOf(webhook({ url }));
      expect([error.permanent, error.reason]).toEqual([permanent, `http_${status}`]);
      expect(error.retryAfterMs).toBe(permanent ? undefined : 7000);
      expect(received).toHaveLength(1);
    });
  }

  it("may answer without end: only the status counts", async () => {
    const { url } = await receiver((response) => {
      const chunk = "x".repeat(16_384);
      const write = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once("drain", write);
      };
      write();
    });
    await webhook({ url }).notify(noticeLike(), never);
  });

  it("that never answers is left when the time is up; one that is not there is a network fault", async () => {
    const { url } = await receiver(() => {});
    const abort = new AbortController();
    const failing = failureOf(webhook({ url }), abort.signal);
    setTimeout(() => abort.abort(), 30);
    expect((await failing).permanent).toBe(false);
    const gone = await failureOf(webhook({ url: "http://127.0.0.1:1/?token=s3cret" }));
    expect(gone.reason).toBe("network");
    expect(gone.message).not.toContain("s3cret");
  });

  it("is not looked for where cloud machines keep their credentials", async () => {
    for (const url of [
      "http://169.254.169.254/latest",
      "http://[fe80::1]/",
      "http://0.0.0.0:80/",
    ]) {
      const error = await failureOf(webhook({ url }));
      expect([error.permanent, error.reason]).toEqual([true, "refused_address"]);
    }
    for (const address of [
      "::ffff:169.254.169.254",
      "::ffff:a9fe:a9fe",
      "64:ff9b::a9fe:a9fe",
      "fd00:ec2::254",
      "fd20:ce::254",
      "100.100.100.200",
      "192.0.0.192",
    ]) {
      expect(refusal(address), address).toBeDefined();
    }
    expect(refusal("127.0.0.1")).toBeUndefined();
    expect(refusal("10.0.0.7")).toBeUndefined();
    expect(refusal("2001:db8::1")).toBeUndefined();
  });
});

describe("Slack", () => {
  it("is told in a way that a name cannot steer", async () => {
    const { received, url } = await receiver();
    await slack({ url }).notify(
      noticeLike({
        title: "<!channel> & co > all",
        alerts: Array.from({ length: 14 }, () => alertLike({ reason: "slow <script>" })),
        links: [{ title: "Run|book", url: "https://example.test/a b?x=1&y=%20>" }],
      }),
      never,
    );
    const message = JSON.parse(received[0]?.body ?? "");
    expect(message.text).toBe("critical: &lt;!channel&gt; &amp; co &gt; all");
    const { text, color } = message.attachments[0];
    expect(color).toBe("#d32f2f");
    expect(text).toContain("slow &lt;script&gt;");
    expect(text).toContain("… and 4 more");
    expect(text).toContain("<https://example.test/a%20b?x=1&y=%20%3E|Run¦book>");
  });

  it("is shown the beginning of a line that is too long, and whole links", async () => {
    const { received, url } = await receiver();
    const run = `https://example.test/${"x".repeat(900)}`;
    const text = `${"&".repeat(5000)}\nsecond`;
    await slack({ url }).notify(noticeLike({ text, links: [{ title: "run", url: run }] }), never);
    const shown = JSON.parse(received[0]?.body ?? "").attachments[0].text;
    expect(shown).toMatch(/^(&amp;){50,}…\nsecond\n/);
    expect(shown).toContain(`<${run}|run>`);
  });

  it("gets no more text than it shows", async () => {
    const { received, url } = await receiver();
    await slack({ url }).notify(
      noticeLike({ text: "&".repeat(100).concat("\n").repeat(100) }),
      never,
    );
    const { text } = JSON.parse(received[0]?.body ?? "").attachments[0];
    expect(text.length).toBeLessThanOrEqual(2500);
    expect(text.replaceAll("&amp;", "")).not.toContain("&");
  });
});

describe("PagerDuty", () => {
  it("has one incident for each thing told of, from trigger to resolve", async () => {
    const { received, url } = await receiver((response) => {
      response.writeHead(202);
      response.end();
    });
    const notifier = pagerDuty({ routingKey: "R0UTE", url });
    await notifier.notify(noticeLike(), never);
    await notifier.notify(noticeLike({ status: "resolved", dedupKey: "d2" }), never);
    const [trigger, resolve] = received.map(({ body }) => JSON.parse(body));
    expect(trigger).toMatchObject({
      routing_key: "R0UTE",
      event_action: "trigger",
      dedup_key: "k1",
      payload: {
        summary: "GET /cart is slow",
        source: "shop",
        severity: "critical",
        timestamp: "2026-01-02T03:04:06.000Z",
        component: "GET /cart",
        class: "slow",
      },
    });
    expect(resolve).toEqual({ routing_key: "R0UTE", event_action: "resolve", dedup_key: "k1" });
  });
});

describe("Alertmanager", () => {
  it("gets alerts under names that it takes, and their end", async () => {
    const { received, url } = await receiver();
    const ended = alertLike({ status: "resolved", endsAtMs: Date.UTC(2026, 0, 2, 4) });
    await alertmanager({ url: `${url}/prefix/` }).notify(
      noticeLike({ alerts: [alertLike(), ended] }),
      never,
    );
    const [request] = received as [Received];
    expect(request.url).toBe("/prefix/api/v2/alerts");
    const [alert, resolved] = JSON.parse(request.body);
    expect(alert).toEqual({
      labels: {
        alertname: "slow",
        service: "shop",
        operation: "GET /cart",
        team_name: "shop",
        severity: "critical",
      },
      annotations: {
        runbook_url: "https://example.test/run",
        reason: "p99 is 812 ms, above 500 ms",
      },
      startsAt: "2026-01-02T03:04:05.000Z",
    });
    expect(resolved.endsAt).toBe("2026-01-02T04:00:00.000Z");
  });
});

describe("faulty options", () => {
  it("are all listed, and no secret with them", () => {
    const faultsOf = (make: () => unknown): readonly string[] => {
      try {
        make();
      } catch (error) {
        if (error instanceof NotifierOptionsError) return error.faults;
      }
      return [];
    };
    const faults = faultsOf(() =>
      webhook({
        url: "ftp://user:s3cret@host",
        secret: 5,
        headers: { "a b": "c", good: "line\nbreak" },
        name: "",
        extra: 1,
      } as never),
    );
    expect(faults).toHaveLength(6);
    expect(faults.join("\n")).not.toContain("s3cret");
    expect(faultsOf(() => webhook({ url: "https://me:s3cret@host" })).join()).toMatch(
      /user or pass/,
    );
    expect(faultsOf(() => slack({ url: "nonsense" }))).toEqual([
      "url is no URL; give https://host/path",
    ]);
    expect(faultsOf(() => pagerDuty({} as never))).toEqual([
      "routingKey is missing; give the integration key of a service",
    ]);
    expect(faultsOf(() => slack(undefined as never))).toHaveLength(1);
  });
});
