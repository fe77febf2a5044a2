import { describe, expect, it } from "vitest";
import { cases } from "./cases.js";
import { fastifyApp, frameworks } from "./frameworks.js";
import { listen, monitor, recorded, send, total, untilRecorded } from "./harness.js";

describe.each(frameworks)("$name records one request, by its template, for", (framework) => {
  it.each(cases)("$name", async ({ sent, record, except }) => {
    const auspex = monitor();
    const port = await listen(await framework.server(auspex));
    const wanted = `1 × ${except?.[framework.name] ?? record}`;
    const status = await send(port, sent);
    await untilRecorded(auspex, 1);
    expect(await recorded(auspex)).toEqual([wanted]);
    expect(wanted).toContain(` ${status}`);
    expect(total(auspex)).toEqual({ count: 1, aborted: 0, inFlight: 0 });
  });
});

describe("Fastify 5 records one injected request, by its template, for", () => {
  it.each(cases)("$name, the first time and later", async ({ sent, record, except }) => {
    const auspex = monitor();
    const app = await fastifyApp(auspex);
    const { method = "GET", path: url, headers, body: payload } = sent;
    for (let i = 1; i <= 3; i++) {
      await app.inject({ method: method as "GET", url, headers, payload });
      await untilRecorded(auspex, i);
    }
    expect(await recorded(auspex)).toEqual([`3 × ${except?.["Fastify 5"] ?? record}`]);
  });
});
