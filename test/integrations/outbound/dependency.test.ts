import { describe, expect, it, vi } from "vitest";
import { dependency } from "../../../src/integrations/outbound/index.js";
import { manualMonitor, operationNamed } from "../../helpers/monitor.js";

function setUp() {
  const logger = { debug: () => {}, warn: vi.fn() };
  return { ...manualMonitor({ logger }), logger };
}

describe("a dependency", () => {
  it("is a database by its name, with the attributes of the semantic conventions", async () => {
    const { auspex, clock } = setUp();
    const pg = dependency(auspex, "postgres", { namespace: "shop", address: "db1", port: 5432 });
    const select = pg.operation("SELECT users", { collection: "users" });
    const started = select.start();
    expect(select.inFlight).toBe(1);
    clock.advance(20);
    select.end(started);
    const found = operationNamed(auspex, "SELECT users");
    expect(found.instrument).toBe("db.client.operation.duration");
    expect(found.attributes).toEqual({
      "db.collection.name": "users",
      "db.namespace": "shop",
      "db.operation.name": "SELECT",
      "db.query.summary": "SELECT users",
      "db.system.name": "postgresql",
      "server.address": "db1",
      "server.port": 5432,
      "server.service.name": "postgres",
    });
    expect(found.latency.p50).toBeCloseTo(20, 0);
    expect(await auspex.text()).toMatch(
      /db_client_operation_duration_seconds_count\{.*db_system_name="postgresql".*\} 1/,
    );
  });

  it.each([
    ["postgres", "db", "postgresql"],
    ["orders-PG", "db", "postgresql"],
    ["Redis cache", "db", "redis"],
    ["dynamodb", "db", "aws.dynamodb"],
    ["mongo_main", "db", "mongodb"],
    ["kafka", "messaging", "kafka"],
    ["sqs:orders", "messaging", "aws.sqs"],
    ["bullmq", "messaging", "bullmq"],
    ["grpc inventory", "rpc", "grpc"],
    ["stripe", "other", undefined],
    ["", "other", undefined],
    ["constructor", "other", undefined],
    ["__proto__", "other", undefined],
  ])("named %j is of the kind %s and the system %s", (name, kind, system) => {
    const { auspex } = setUp();
    const found = dependency(auspex, name);
    expect([found.kind, found.system]).toEqual([kind, system]);
  });

  it("is what its options say, where they differ", () => {
    const { auspex, logger } = setUp();
    const ledger = dependency(auspex, "ledger", { kind: "db", system: "tigerbeetle" });
    ledger.run("create_transfers", () => {});
    const found = operationNamed(auspex, "create_transfers");
    expect(found.attributes["db.system.name"]).toBe("tigerbeetle");
    const streams = dependency(auspex, "redis streams", { kind: "messaging", system: "redis" });
    expect(streams.operation("send").name).toBe("send redis streams");
    const odd = dependency(auspex, "postgres", { kind: "sql" as "db" });
    expect(odd.kind).toBe("db");
    expect(logger.warn.mock.calls.join()).toContain('unknown kind "sql"');
  });

  it("runs and wraps work, and passes results and errors on", async () => {
    const { auspex, clock } = setUp();
    const stripe = dependency(auspex, "stripe", { attributes: { tier: "gold" } });
    expect(stripe.run("charge", () => 7)).toBe(7);
    const failure = Object.assign(new Error("declined"), { code: "card_declined" });
    await expect(stripe.run("charge", () => Promise.reject(failure))).rejects.toBe(failure);
    const charge = stripe.wrap(
      "charge",
      async function capture(this: unknown, a: number, b: number) {
        clock.advance(5);
        return a + b;
      },
    );
    expect([charge.name, charge.length, await charge(1, 2)]).toEqual(["capture", 2, 3]);
    const found = operationNamed(auspex, "charge");
    expect(found.instrument).toBe("auspex.dependency.operation.duration");
    expect(found.attributes).toEqual({ "server.service.name": "stripe", tier: "gold" });
    expect(found.traffic.count).toBe(3);
    expect(found.errors.byType).toEqual({ card_declined: 1 });
    expect(found.inFlight).toBe(0);
    expect(await auspex.text()).toContain('operation_name="charge"');
  });

  it("is a queue: calls are operations, messages are counted apart, processing is work of its own", () => {
    const { auspex } = setUp();
    const orders = dependency(auspex, "kafka", { destination: "orders" });
    orders.run("publish", () => {});
    orders.sent(12);
    orders.run("process", () => {});
    orders.consumed();
    orders.run("ack", () => {});
    const published = operationNamed(auspex, "publish orders");
    expect(published.instrument).toBe("messaging.client.operation.duration");
    expect(published.attributes).toEqual({
      "messaging.destination.name": "orders",
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.system.name": "kafka",
      "server.service.name": "kafka",
    });
    expect(operationNamed(auspex, "process orders").instrument).toBe("messaging.process.duration");
    const settled = operationNamed(auspex, "ack orders");
    expect(settled.attributes["messaging.operation.type"]).toBe("settle");
    const counters = auspex.snapshot("total").counters.map(({ name, count }) => [name, count]);
    expect(counters).toEqual([
      ["messaging.client.sent.messages", 12],
      ["messaging.client.consumed.messages", 1],
    ]);
  });

  it("counts no messages where there is no queue: a misuse, which is counted", () => {
    const { auspex, logger } = setUp();
    const pg = dependency(auspex, "postgres");
    pg.sent(3);
    pg.consumed(3);
    expect(auspex.snapshot("total").counters).toEqual([]);
    expect(auspex.snapshot("total").self.misuse).toBe(2);
    expect(logger.warn).toHaveBeenCalledOnce();
  });

  it("calls remote procedures", () => {
    const { auspex } = setUp();
    const inventory = dependency(auspex, "inventory", { kind: "rpc", system: "grpc" });
    inventory.run("shop.Inventory/Reserve", () => {});
    const found = operationNamed(auspex, "shop.Inventory/Reserve");
    expect(found.instrument).toBe("rpc.client.call.duration");
    expect(found.attributes).toEqual({
      "rpc.method": "shop.Inventory/Reserve",
      "rpc.system.name": "grpc",
      "server.service.name": "inventory",
    });
  });

  it.each([
    ["SELECT * FROM users WHERE email = 'a@b.c'", "SELECT"],
    ["GET user:42", "GET"],
    ["get session 42", "get"],
    ['db.users.find({"name": "Ann"})', "db"],
    ["update users set name = $1", "update"],
    [`insert into t values ${"x".repeat(100)}`, "insert"],
    ["'secret'", "_OTHER"],
  ])("keeps the first word of %j, which is no name", (given, name) => {
    const { auspex } = setUp();
    dependency(auspex, "postgres").run(given, () => {});
    const [operation] = auspex.snapshot("total").operations;
    expect(operation?.name).toBe(name);
    expect(Object.values(operation?.attributes ?? {}).sort()).toEqual(
      [name, "postgres", "postgresql"].sort(),
    );
  });

  it.each(["SELECT users", "findAndModify", "users2.by-id", "HGETALL session", "BATCH INSERT v2"])(
    "keeps the name %j",
    (name) => {
      const { auspex } = setUp();
      expect(dependency(auspex, "postgres").operation(name).name).toBe(name);
    },
  );

  it("is the same operation for the same name, whoever asks", () => {
    const { auspex } = setUp();
    const first = dependency(auspex, "redis").operation("GET", { collection: "sessions" });
    const second = dependency(auspex, "redis").operation("GET", { collection: "sessions" });
    expect(second).toBe(first);
    expect(first.name).toBe("GET sessions");
  });

  it("takes whatever it is given without throwing", () => {
    const { auspex } = setUp();
    const attributes = {
      get secret(): string {
        throw new Error("getter");
      },
    };
    const odd = dependency(auspex, Symbol("x") as never, { attributes, port: Number.NaN });
    odd.operation(null as never, null as never).end(odd.operation("a", { attributes }).start());
    odd.run(undefined as never, () => {});
    expect(odd.wrap("x", 7 as never)).toBe(7);
    expect(dependency(auspex, "kafka", null as never).kind).toBe("messaging");
    expect(auspex.snapshot("total").self.attributes.dropped).toBeGreaterThan(0);
  });

  const unreadable = new Proxy(
    {},
    {
      get() {
        throw new Error("get");
      },
      ownKeys() {
        throw new Error("keys");
      },
    },
  );
  const odd: [string, unknown][] = [
    ["null", null],
    ["a symbol", Symbol("x")],
    [
      "an object that is no text",
      {
        toString() {
          throw new Error("text");
        },
      },
    ],
    ["an object without prototype", Object.create(null)],
    ["a number", 5],
    ["an array", []],
    ["a proxy that throws", unreadable],
  ];

  it.each(odd)("takes %s wherever something is asked of it", (_, value) => {
    const { auspex } = setUp();
    const given = value as never;
    let runs = 0;
    const use = (each: ReturnType<typeof dependency>) => {
      each.run("send", () => runs++);
      each.run(given, () => runs++);
      each.operation(given).record(1);
      each.operation("send", given).record(1);
      each.wrap(given, () => runs++, given)();
      for (const field of ["collection", "destination", "type", "attributes"]) {
        each.operation("send", { [field]: given }).record(1);
      }
      each.sent(given);
      each.consumed();
    };
    use(dependency(auspex, given));
    for (const name of ["postgres", "kafka", "grpc", "stripe"]) {
      use(dependency(auspex, name, given));
      for (const field of Object.keys({
        kind: 0,
        system: 0,
        namespace: 0,
        destination: 0,
        address: 0,
        port: 0,
        attributes: 0,
      })) {
        use(dependency(auspex, name, { [field]: given }));
      }
    }
    expect(runs).toBe(3 * 33);
    const { operations } = auspex.snapshot("total");
    expect(operations.reduce((sum, { traffic }) => sum + traffic.count, 0)).toBe(9 * 33);
  });

  it("reads each option once; those that cannot be read are as good as absent, and counted", () => {
    const { auspex } = setUp();
    const options = {
      destination: "orders",
      get system(): string {
        throw new Error("getter");
      },
    };
    const kafka = dependency(auspex, "kafka", options);
    expect([kafka.system, kafka.operation("send").name]).toEqual(["kafka", "send orders"]);
    expect(auspex.snapshot("total").self.misuse).toBe(1);
    kafka.operation("send", "orders" as never);
    expect(auspex.snapshot("total").self.misuse).toBe(2);
    dependency(auspex, "kafka", unreadable as never);
    expect(auspex.snapshot("total").self.misuse).toBe(9);
  });

  it("makes text of names that are none", () => {
    const { auspex } = setUp();
    const destination = Symbol("orders") as never;
    expect(dependency(auspex, "kafka", { destination }).operation("send").name).toBe(
      "send Symbol(orders)",
    );
    const query = dependency(auspex, "postgres").operation("q", { collection: destination });
    expect([query.name, query.attributes["db.collection.name"]]).toEqual([
      "q Symbol(orders)",
      "Symbol(orders)",
    ]);
  });

  it("is bounded: names beyond the series limit are one series, with nothing lost", () => {
    const { auspex } = manualMonitor({ cardinalityLimit: 50 });
    const redis = dependency(auspex, "redis");
    for (let at = 0; at < 3000; at++) redis.run(`get k${at}`, () => {});
    const { operations } = auspex.snapshot("total");
    expect(operations.length).toBeLessThan(52);
    expect(operations.reduce((sum, { traffic }) => sum + traffic.count, 0)).toBe(3000);
  });
});
