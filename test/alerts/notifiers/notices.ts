import type { Notice, NoticeAlert } from "../../../src/alerts/notice.js";

export function alertLike(parts: Partial<NoticeAlert> = {}): NoticeAlert {
  return {
    key: "a1",
    rule: "slow",
    status: "firing",
    severity: "critical",
    operation: "GET /cart",
    signal: "latency",
    labels: { alertname: "slow", operation: "GET /cart", "team.name": "shop", empty: "" },
    annotations: { "runbook.url": "https://example.test/run" },
    value: 812,
    threshold: 500,
    unit: "ms",
    startsAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    reason: "p99 is 812 ms, above 500 ms",
    ...parts,
  };
}

export function noticeLike(parts: Partial<Notice> = {}): Notice {
  return {
    key: "k1",
    dedupKey: "d1",
    status: "firing",
    cause: "new",
    severity: "critical",
    service: "shop",
    group: { operation: "GET /cart" },
    title: "GET /cart is slow",
    text: "p99 of GET /cart is 812 ms",
    timeMs: Date.UTC(2026, 0, 2, 3, 4, 6),
    alerts: [alertLike()],
    omitted: 0,
    links: [],
    escalation: 0,
    ...parts,
  };
}
