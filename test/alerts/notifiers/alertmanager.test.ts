import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alertmanager } from "../../../src/alerts/notifiers/index.js";
import { peer } from "../../helpers/peers.js";
import { freePort } from "../../helpers/ports.js";
import { alertLike, noticeLike } from "./notices.js";

let server: ChildProcess;
let url: string;
const folder = mkdtempSync(join(tmpdir(), "auspex-alertmanager-"));

async function until<T>(read: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const value = await read().catch(() => undefined);
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

beforeAll(async () => {
  const program = peer("prometheus-alertmanager");
  const config = join(folder, "alertmanager.yml");
  writeFileSync(config, "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n");
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  server = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { stdio: "ignore" },
  );
  await until(async () => (await fetch(`${url}/-/ready`)).ok);
});

afterAll(async () => {
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGKILL");
  await gone;
  rmSync(folder, { recursive: true, force: true });
});

const alerts = async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as never[];

describe("a real Alertmanager", () => {
  it("takes an alert whatever its labels are called, and its end", async () => {
    const notifier = alertmanager({ url });
    const { signal } = new AbortController();
    const startsAtMs = Date.now() - 1000;
    const labels = {
      ...{ "http.route": "/cart/:id", "1st": "one", ünïcode: "välue", empty: "" },
      // Two that are one to Alertmanager: neither is lost.
      ...{ "team.name": "dotted", team_name: "plain" },
    };
    await notifier.notify(noticeLike({ alerts: [alertLike({ labels, startsAtMs })] }), signal);
    const [alert] = await until(async () => {
      const list = await alerts();
      return list.length > 0 && list;
    });
    expect(alert).toMatchObject({
      labels: {
        alertname: "slow",
        service: "shop",
        severity: "critical",
        http_route: "/cart/:id",
        _1st: "one",
        team_name: "plain",
        team_name_2: "dotted",
      },
      annotations: { reason: "p99 is 812 ms, above 500 ms" },
      status: { state: "active" },
    });
    const ended = alertLike({ labels, startsAtMs, status: "resolved", endsAtMs: Date.now() });
    await notifier.notify(noticeLike({ status: "resolved", alerts: [ended] }), signal);
    await until(async () => (await alerts()).length === 0);
  });
});
