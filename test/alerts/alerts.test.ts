import { describe, expect, it } from "vitest";
import { stage } from "./stage.js";

const slow = { name: "slow", when: { signal: "latency", above: 500 } } as const;
const CART = { name: "GET /cart", attributes: { "http.route": "/cart" } };

describe("an alert", () => {
  it("is told of once, after its group has waited, and once when it is over", async () => {
    const on = await stage({ rules: [{ ...slow, severity: "critical" }] });
    on.show({ ...CART, ms: 100 });
    await on.steps(3);
    expect(on.notices).toEqual([]);
    on.show({ ...CART, ms: 800 });
    await on.steps(1);
    expect(on.alerts.active()).toMatchObject([
      { rule: "slow", state: "firing", value: 800, threshold: 500, isTold: false },
    ]);
    await on.pass(60_000);
    expect(on.notices).toHaveLength(1);
    expect(on.notices[0]).toMatchObject({
      status: "firing",
      cause: "new",
      severity: "critical",
      service: "shop",
      title: "shop: p99 latency of GET /cart is 800 ms, above 500 ms",
      alerts: [{ rule: "slow", status: "firing", operation: "GET /cart", value: 800 }],
    });
    on.show({ ...CART, ms: 100 });
    await on.pass(60_000);
    expect(on.notices).toHaveLength(2);
    expect(on.notices[1]).toMatchObject({ status: "resolved", key: on.notices[0]?.key });
    expect(on.notices[1]?.dedupKey).not.toBe(on.notices[0]?.dedupKey);
    expect(on.alertEvents.map(({ state }) => state)).toEqual(["firing", "resolved"]);
    await on.pass(3_600_000);
    expect(on.notices).toHaveLength(2);
  });
});
