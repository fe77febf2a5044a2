import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { type PeerName, peer } from "../../helpers/peers.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs after the test, the last one first. */
export function afterTest(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** A server on a free port; closed after the test. */
export async function listen(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterTest(() => new Promise((resolve) => server.close(resolve)));
  afterTest(() => server.closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** A folder that is gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "auspex-prometheus-"));
  afterTest(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A peer as a child process; killed after the test. */
export function start(name: PeerName, args: readonly string[]): void {
  const child = spawn(peer(name), args, { stdio: "ignore" });
  afterTest(() => {
    if (child.exitCode !== null || child.signalCode !== null) return undefined;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    return gone;
  });
}

/** What promtool has to say about a page; nothing, when all is well. */
export function promtool(page: string): string {
  const checked = spawnSync(peer("promtool"), ["check", "metrics"], {
    input: page,
    encoding: "utf8",
  });
  return checked.stdout + checked.stderr;
}

/** Asks until there is an answer. What never comes is a test that runs out of time. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
