import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Ports that no system hands out by itself: Linux does from 32768 on, gVisor from 16000. A program that is
 * told one of these finds it free, whatever other tests connect to and listen on meanwhile.
 */
const LOWEST = 10_000;
const COUNT = 5_000;

const given = new Set<number>();

/** A TCP port of loopback on which nobody listens, and nobody will but who asked for it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
